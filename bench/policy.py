"""Speed of the policy packs (``make bench-policy``), in processor time for one resource.

1. Through the SDK's own analyzer, as the engine asks it: 1,000 pods, then 10,000.
2. On the command line: ``rf policy check`` on a file of 1,000 pods, then 10,000, start included.

Goal, which the exit status is about: the time for one pod stays within 1.25 of what it was with a
tenth as many. For orientation, 1,000 pods on the command line stand beside what checkov is said to
take; it is not measured here, and a tenth of it is where we want to be.
"""

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

import yaml
from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.framework.pack import Run
from policies.framework.waivers import Waivers
from policies.packs import PACKS, read_settings

SIZES = (1_000, 10_000)
RUNS = 3
FLAT = 1.25
CHECKOV = {100: 5.5, 1_000: 10.2}
"""Seconds that checkov 3.3 takes for so many pods in one file, as the issue of the packs says."""
TENTH = 10
POD = "kubernetes:core/v1:Pod"


def pod(number: int) -> dict[str, Any]:
    """A pod of one container; every fourth breaks a few rules, so that messages are made."""
    careful = number % 4 != 0
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"pod-{number}", "namespace": "bench", "labels": {"app": "bench"}},
        "spec": {
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": careful,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [_container("main", careful=careful)],
            "volumes": [{"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}],
        },
    }


def _container(name: str, *, careful: bool) -> dict[str, Any]:
    resources = {"cpu": "100m", "memory": "128Mi"}
    check = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10}
    return {
        "name": name,
        "image": f"registry.test/{name}:1.0.0",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": resources, "limits": resources},
        "readinessProbe": check,
        "livenessProbe": check | {"periodSeconds": 20},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "securityContext": {
            "allowPrivilegeEscalation": not careful,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def analyzers() -> Iterator[Any]:
    """The SDK's server of each pack."""
    # The SDK's class has no types.
    make: Any = _PolicyAnalyzerServicer
    for name, rules in PACKS.items():
        run = Run(name, rules, Waivers(), read_settings(rules))
        yield make(name, "1.0.0", run.policies(), EnforcementLevel.MANDATORY)


def through_the_analyzer(size: int) -> float:
    """Seconds that both packs take for a pod when there are ``size``, the wire format included."""
    requests = [_request(number) for number in range(size)]
    servers = list(analyzers())
    gc.collect()
    began = time.process_time()
    for request in requests:
        for server in servers:
            server.Analyze(request, None)
    return (time.process_time() - began) / size


def _request(number: int) -> analyzer_pb2.AnalyzeRequest:
    properties = json_format.ParseDict(pod(number), struct_pb2.Struct())
    urn = f"urn:pulumi:bench::bench::{POD}::pod-{number}"
    return analyzer_pb2.AnalyzeRequest(
        type=POD, properties=properties, urn=urn, name=f"pod-{number}"
    )


def on_the_command_line(size: int, folder: Path) -> float:
    """Seconds that ``rf policy check`` takes for one file of ``size`` pods, start included."""
    file = folder / f"{size}.yaml"
    with file.open("w") as stream:
        yaml.dump_all((pod(number) for number in range(size)), stream, Dumper=_dumper())
    command = [sys.executable, "-c", "from rf.cli import main; main()", "policy", "check", "--json"]
    began = _children()
    done = subprocess.run([*command, str(file)], capture_output=True, check=False)
    found = json.loads(done.stdout)
    if found["objects"] != size:
        raise RuntimeError(f"{size} pods written, {found['objects']} read")
    return _children() - began


def _dumper() -> Any:
    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, _data: object) -> bool:
            return True

    return Dumper


def _children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def best(measure: Callable[[int], float], size: int) -> float:
    """The least of a few runs: other work on the machine only ever adds."""
    return min(measure(size) for _ in range(RUNS))


def main() -> int:
    """Print both tables; the exit status says whether every goal was met."""
    rules = sum(map(len, PACKS.values()))
    print(f"{rules} rules; processor time")
    print("\nthrough the analyzer of the SDK, both packs")
    met = _table([(size, best(through_the_analyzer, size)) for size in SIZES])
    print("\non the command line, one file, start included")
    with tempfile.TemporaryDirectory() as folder:
        run = partial(on_the_command_line, folder=Path(folder))
        whole = {size: best(run, size) for size in SIZES}
    met &= _table([(size, seconds / size) for size, seconds in whole.items()])
    first = SIZES[0]
    ratio = whole[first] / CHECKOV[first]
    print(
        f"\n{first:,} pods: {whole[first]:.2f} s. For orientation only, published and not measured "
        f"here: checkov 3.3\ntakes {CHECKOV[first]} s, and {CHECKOV[100]} s for 100. Ratio "
        f"{ratio:.2f}, wanted {1 / TENTH:.2f}"
    )
    return 0 if met else 1


def _table(rows: Sequence[tuple[int, float]]) -> bool:
    """Print the time for one resource; whether it does not grow with their number."""
    first = rows[0][1]
    for size, seconds in rows:
        print(f"{size:>8,} pods  {seconds * 1000:6.2f} ms a pod  ratio {seconds / first:.2f}")
    return rows[-1][1] <= first * FLAT


if __name__ == "__main__":
    sys.exit(main())
