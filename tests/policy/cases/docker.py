"""Docker containers."""

from typing import Any

from tests.policy.cases.case import Case

CONTAINER = "docker:index/container:Container"
ROOT_HOME = "/root"
HELPER = {"networkMode": "none", "capabilities": {"drops": ["ALL"]}}


def case(rule: str, red: tuple[Any, ...], green: tuple[Any, ...], **more: Any) -> Case:
    return Case(rule=f"docker/{rule}", token=CONTAINER, red=red, green=green, **more)


def bind(path: str) -> dict[str, Any]:
    return {"volumes": [{"hostPath": path, "containerPath": "/data"}]}


def mount(path: str) -> dict[str, Any]:
    return {"mounts": [{"type": "bind", "source": path, "target": "/data"}]}


def port(**more: Any) -> dict[str, Any]:
    return {"ports": [{"internal": 80, "external": 8080, **more}]}


CASES = (
    case("privileged", red=({"privileged": True},), green=({"privileged": False}, {})),
    case(
        "host-namespaces",
        red=(
            {"networkMode": "host"},
            {"pidMode": "host"},
            {"ipcMode": "host"},
            {"usernsMode": "host"},
        ),
        green=({"networkMode": "bridge", "ipcMode": "private"}, {}),
    ),
    case(
        "added-capabilities",
        red=(
            {"capabilities": {"adds": ["SYS_ADMIN"], "drops": ["ALL"]}},
            {"capabilities": {"adds": ["CHOWN", "CAP_NET_ADMIN"]}},
            {"capabilities": {"adds": ["ALL"]}},
        ),
        green=({"capabilities": {"adds": ["CAP_CHOWN", "net_bind_service"]}}, {}),
    ),
    case(
        "added-capabilities",
        red=({"capabilities": {"adds": ["CHOWN"]}},),
        green=({"capabilities": {"adds": ["SYS_NICE"]}},),
        config={"allowed": ["SYS_NICE"]},
    ),
    case(
        "dropped-capabilities",
        red=({}, {"capabilities": {"drops": ["NET_RAW"]}}),
        green=({"capabilities": {"drops": ["ALL"]}}, {"capabilities": {"drops": ["CAP_ALL"]}}),
    ),
    case(
        "security-options",
        red=(
            {"securityOpts": ["seccomp=unconfined"]},
            {"securityOpts": ["no-new-privileges", "apparmor:unconfined"]},
            {"securityOpts": ["label=disable"]},
            {"securityOpts": ["systempaths=unconfined"]},
        ),
        green=({"securityOpts": ["no-new-privileges", "seccomp=/etc/strict.json"]}, {}),
    ),
    case(
        "no-new-privileges",
        red=(
            {},
            {"securityOpts": ["seccomp=a.json"]},
            {"securityOpts": ["no-new-privileges:false"]},
        ),
        green=(
            {"securityOpts": ["no-new-privileges"]},
            {"securityOpts": ["seccomp=a.json", "no-new-privileges:true"]},
        ),
    ),
    case(
        "user",
        red=(
            {},
            {"user": "root"},
            {"user": "0:0"},
            {"user": ""},
            HELPER | {"networkMode": "bridge"},
        ),
        green=({"user": "1000:1000"}, {"user": "nobody"}, {"user": "0:0", **HELPER}),
    ),
    case(
        "read-only-root",
        red=({}, {"readOnly": False}),
        green=({"readOnly": True}, HELPER),
    ),
    case(
        "runtime-socket",
        red=(
            bind("/var/run/docker.sock"),
            mount("/var/run/docker.sock"),
            bind("/run/containerd/containerd.sock"),
        ),
        green=(bind("/srv/data"), {"volumes": [{"volumeName": "data"}]}, {}),
    ),
    case(
        "host-path",
        red=(
            bind("/"),
            bind("/etc"),
            bind("/etc/../etc/shadow"),
            mount("/var/lib/docker/volumes"),
            bind("/var/run"),
            bind(f"{ROOT_HOME}/.ssh"),
        ),
        green=(
            bind("/srv/models"),
            bind("/etc/localtime"),
            mount("/home/ai/models"),
            {"mounts": [{"type": "volume", "source": "data"}]},
            {"volumes": [{"volumeName": "data"}]},
        ),
    ),
    case(
        "devices",
        red=({"devices": [{"hostPath": "/dev/sda"}]}, {"devices": [{"hostPath": "/dev/mem"}]}),
        green=({"devices": [{"hostPath": "/dev/nvidia0"}]}, {"gpus": "all"}, {}),
    ),
    case(
        "published",
        red=(port(), port(ip="0.0.0.0"), port(ip="::"), {"publishAllPorts": True}),
        green=(port(ip="127.0.0.1"), port(ip="10.1.2.3"), {}),
    ),
    case("memory-limit", red=({}, {"memory": 0}), green=({"memory": 512},)),
    case(
        "cpu-limit",
        red=({}, {"cpuShares": 512}, {"cpuPeriod": 100000}),
        green=({"cpus": "1.5"}, {"cpuPeriod": 100000, "cpuQuota": 50000}, {"cpuSet": "0-1"}),
    ),
)
