"""Test data that others wrote and labelled, where it can be found on this machine."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PSS = "RF_POD_SECURITY_FIXTURES"
"""Names a folder ``LEVEL/v1.37/{pass,fail}/*.yaml``, as in Kubernetes' own module."""
KYVERNO = "RF_KYVERNO_FIXTURES"
"""Names a folder ``LEVEL/POLICY/{kyverno-test,chainsaw-resources}/*.yaml``."""
MODULE = "k8s.io/pod-security-admission@v0.37.2"
VERSION = "v1.37"
HERE = Path(__file__).parents[2]
BESIDE = HERE.parent / "shared/data"


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """An object, and whether whoever wrote it wants it refused. ``about`` is by what check."""

    name: str
    level: str
    about: str
    refused: bool
    manifest: dict[str, Any]


def pss_folder() -> Path | None:
    """The fixtures of Kubernetes: where the variable says, beside the project, or in Go's cache."""
    for folder in (os.environ.get(PSS), BESIDE / "pss", _in_go_cache()):
        if folder and (Path(folder) / "restricted" / VERSION).is_dir():
            return Path(folder)
    return None


def kyverno_folder() -> Path | None:
    """The fixtures of Kyverno's pod-security policies."""
    for folder in (os.environ.get(KYVERNO), BESIDE / "kyverno-pod-security"):
        if folder and (Path(folder) / "baseline").is_dir():
            return Path(folder)
    return None


def _in_go_cache() -> Path | None:
    if shutil.which("go") is None:
        return None
    asked = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=False)
    return Path(asked.stdout.strip()) / MODULE / "test/testdata"


def pss(folder: Path) -> Iterator[Labelled]:
    """Kubernetes' pods of one version. The file's name begins with the check."""
    for file in sorted(folder.glob(f"*/{VERSION}/*/*.yaml")):
        for manifest in yaml.safe_load_all(file.read_text()):
            yield Labelled(
                name=str(file.relative_to(folder)),
                level=file.parts[-4],
                about=file.stem.rstrip("0123456789"),
                refused=file.parent.name == "fail",
                manifest=manifest,
            )


def kyverno(folder: Path) -> Iterator[Labelled]:
    """Kyverno's objects with the policy that each speaks of; every label once."""
    for policy in sorted(folder.glob("*/*/")):
        yield from _of_kyverno_test(policy)
        for file in sorted((policy / "chainsaw-resources").glob("*.yaml")):
            for manifest in filter(None, yaml.safe_load_all(file.read_text())):
                yield _kyverno(policy, file.name, manifest, refused="bad" in file.name)


def _of_kyverno_test(policy: Path) -> Iterator[Labelled]:
    folder = policy / "kyverno-test"
    objects = {
        (each["kind"], each["metadata"]["name"]): each
        for each in filter(None, yaml.safe_load_all((folder / "resource.yaml").read_text()))
    }
    results = yaml.safe_load((folder / "kyverno-test.yaml").read_text())["results"]
    for result in results:
        for name in result["resources"]:
            manifest = objects[result["kind"], name]
            refused = result["result"] == "fail"
            yield _kyverno(policy, result["rule"], manifest, refused=refused)


def _kyverno(policy: Path, place: str, manifest: dict[str, Any], *, refused: bool) -> Labelled:
    name = f"{policy.name}/{place}/{manifest['kind']}/{manifest['metadata']['name']}"
    return Labelled(
        name=name,
        level=policy.parent.name,
        about=f"{policy.name}/{place}",
        refused=refused,
        manifest=manifest,
    )
