"""Measures this machine: its own size, its GPUs, and the Docker engine that would be used."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from .host import Engine, Facts, Gpu
from .reach import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Sequence

MEBIBYTE = 1024**2
QUERY = (
    "nvidia-smi",
    "--query-gpu=name,memory.total,driver_version",
    "--format=csv,noheader,nounits",
)


def measure() -> Facts:
    """The facts of this machine, as its system, nvidia-smi and Docker tell them."""
    gpus, no_gpu = _gpus()
    engine, no_docker = _engine()
    # A remote engine's folder is not here; the folder of the user is then as good as any.
    root = Path(engine.root) if engine else Path.home()
    path = root if root.is_dir() else Path.home()
    return Facts(
        cpus=os.cpu_count() or 0,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        disk=shutil.disk_usage(path).total,
        disk_path=str(path),
        gpus=gpus,
        no_gpu=no_gpu,
        engine=engine,
        no_docker=no_docker,
    )


def _gpus() -> tuple[tuple[Gpu, ...], str]:
    """The GPUs, or why there are none."""
    try:
        asked = subprocess.run(QUERY, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except FileNotFoundError:
        return (), "nvidia-smi is not there"
    except (OSError, subprocess.TimeoutExpired) as error:
        return (), f"nvidia-smi gives no answer ({type(error).__name__})"
    if asked.returncode:
        # It writes its reasons to its standard output.
        said = (asked.stdout or asked.stderr).strip().partition("\n")[0]
        return (), f"nvidia-smi: {said}"
    found = parse_gpus(asked.stdout)
    return found, "" if found else "nvidia-smi lists none"


def parse_gpus(text: str) -> tuple[Gpu, ...]:
    """The GPUs that nvidia-smi lists as ``name, MiB, driver``; others (``[N/A]``) are left out."""
    rows: Sequence[Sequence[str]] = list(csv.reader(io.StringIO(text), skipinitialspace=True))
    return tuple(
        Gpu(name=row[0], memory=int(row[1]) * MEBIBYTE, driver=row[2])
        for row in rows
        if len(row) == len(("name", "memory", "driver")) and row[1].isdigit()
    )


def _engine() -> tuple[Engine | None, str]:
    """The Docker engine, or why there is none."""
    import docker  # half a second to import
    from docker.errors import DockerException

    try:
        info = docker.from_env(timeout=int(TIMEOUT)).info()
    except (DockerException, OSError) as error:
        return None, f"no answer ({type(error).__name__})"
    return (
        Engine(
            version=info.get("ServerVersion", ""),
            nvidia_runtime="nvidia" in (info.get("Runtimes") or {}),
            root=info.get("DockerRootDir", ""),
        ),
        "",
    )
