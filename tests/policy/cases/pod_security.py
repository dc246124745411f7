"""One red and one green pod, at least, for each rule of the Pod Security Standards."""

from typing import Any

from tests.policy.cases.case import Case

POD = "kubernetes:core/v1:Pod"
HARDENED = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod that breaks nothing, with what is given in its spec and its container."""
    found = {"name": "a", "image": "registry.test/a:1", "securityContext": HARDENED}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "it", "namespace": "ai"},
        "spec": {"containers": [found | (container or {})], **spec},
    }


def secured(**settings: Any) -> dict[str, Any]:
    """A hardened pod with other security settings of its container."""
    return pod({"securityContext": HARDENED | settings})


def unsecured(*names: str) -> dict[str, Any]:
    """A hardened pod whose container lacks some of the security settings."""
    kept = {key: value for key, value in HARDENED.items() if key not in names}
    return pod({"securityContext": kept})


def volume(**source: Any) -> dict[str, Any]:
    """A hardened pod with one volume."""
    return pod(volumes=[{"name": "data", **source}])


def annotated(value: str) -> dict[str, Any]:
    """A hardened pod with the AppArmor annotation of old."""
    found = pod()
    key = "container.apparmor.security.beta.kubernetes.io/a"
    return found | {"metadata": {"name": "it", "annotations": {key: value, "other": "x"}}}


def baseline(rule: str, *, red: tuple[Any, ...], green: tuple[Any, ...]) -> Case:
    return Case(rule=f"pod-security-baseline/{rule}", token=POD, red=red, green=green)


def restricted(rule: str, *, red: tuple[Any, ...], green: tuple[Any, ...]) -> Case:
    return Case(rule=f"pod-security-restricted/{rule}", token=POD, red=red, green=green)


WINDOWS: dict[str, Any] = {"os": {"name": "windows"}}
USER_NAMESPACE: dict[str, Any] = {"hostUsers": False}
BARE: dict[str, Any] = {"securityContext": {}}
CASES = (
    baseline(
        "host-namespaces",
        red=(pod(hostNetwork=True), pod(hostPID=True), pod(hostIPC=True)),
        green=(pod(), pod(hostNetwork=False)),
    ),
    baseline("privileged", red=(secured(privileged=True),), green=(secured(privileged=False),)),
    baseline(
        "capabilities",
        red=(secured(capabilities={"drop": ["ALL"], "add": ["CHOWN", "SYS_ADMIN"]}),),
        green=(secured(capabilities={"add": ["CHOWN"]}), pod()),
    ),
    baseline(
        "host-path-volumes",
        red=(volume(hostPath={"path": "/"}), volume(hostPath={})),
        green=(volume(emptyDir={}), volume(hostPath=None, emptyDir={})),
    ),
    baseline(
        "host-ports",
        red=(pod({"ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]}),),
        green=(pod({"ports": [{"containerPort": 80, "hostPort": 0}]}),),
    ),
    baseline(
        "host-probes",
        red=(
            pod({"livenessProbe": {"httpGet": {"port": 1, "host": "10.0.0.1"}}}),
            pod({"lifecycle": {"preStop": {"tcpSocket": {"port": 1, "host": "10.0.0.1"}}}}),
        ),
        green=(pod({"livenessProbe": {"httpGet": {"port": 1, "host": ""}}}),),
    ),
    baseline(
        "apparmor",
        red=(
            secured(appArmorProfile={"type": "Unconfined"}),
            secured(appArmorProfile={}),
            annotated("unconfined"),
        ),
        green=(
            secured(appArmorProfile={"type": "RuntimeDefault"}),
            annotated("runtime/default"),
            annotated("localhost/mine"),
            annotated(""),
        ),
    ),
    baseline(
        "selinux",
        red=(
            secured(seLinuxOptions={"type": "spc_t"}),
            secured(seLinuxOptions={"user": "system_u"}),
            pod(securityContext={"seLinuxOptions": {"role": "sysadm_r"}}),
        ),
        green=(secured(seLinuxOptions={"type": "container_t", "level": "s0:c1"}),),
    ),
    baseline(
        "proc-mount",
        red=(secured(procMount="Unmasked"),),
        green=(
            secured(procMount="Default"),
            pod({"securityContext": {"procMount": "Unmasked"}}, **USER_NAMESPACE),
        ),
    ),
    baseline(
        "seccomp",
        red=(
            secured(seccompProfile={"type": "Unconfined"}),
            pod(securityContext={"seccompProfile": {"type": "Unconfined"}}),
        ),
        green=(unsecured("seccompProfile"), secured(seccompProfile={"type": "Localhost"})),
    ),
    baseline(
        "sysctls",
        red=(pod(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),),
        green=(
            pod(securityContext={"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]}),
        ),
    ),
    baseline(
        "windows-host-process",
        red=(
            pod(securityContext={"windowsOptions": {"hostProcess": True}}, **WINDOWS),
            secured(windowsOptions={"hostProcess": True}),
        ),
        green=(secured(windowsOptions={"hostProcess": False}),),
    ),
    restricted(
        "volume-types",
        red=(volume(nfs={"server": "s", "path": "/"}),),
        green=(volume(emptyDir={}), volume(csi={"driver": "d"}), volume(), volume(nfs=None)),
    ),
    restricted(
        "privilege-escalation",
        red=(
            unsecured("allowPrivilegeEscalation"),
            secured(allowPrivilegeEscalation=True),
            pod(ephemeralContainers=[{"name": "debug"}]),
        ),
        green=(pod(), pod(BARE, **WINDOWS)),
    ),
    restricted(
        "capabilities",
        red=(
            unsecured("capabilities"),
            secured(capabilities={"drop": ["NET_RAW"]}),
            secured(capabilities={"drop": ["ALL"], "add": ["CHOWN"]}),
        ),
        green=(
            secured(capabilities={"drop": ["NET_RAW", "ALL"], "add": ["NET_BIND_SERVICE"]}),
            pod(BARE, **WINDOWS),
        ),
    ),
    restricted(
        "run-as-non-root",
        red=(
            unsecured("runAsNonRoot"),
            secured(runAsNonRoot=False),
            pod(securityContext={"runAsNonRoot": False}),
        ),
        green=(
            pod(),
            pod(BARE, securityContext={"runAsNonRoot": True}),
            pod(BARE, **USER_NAMESPACE),
        ),
    ),
    restricted(
        "run-as-user",
        red=(secured(runAsUser=0), pod(securityContext={"runAsUser": 0})),
        green=(secured(runAsUser=1000), pod(securityContext={"runAsUser": 0}, **USER_NAMESPACE)),
    ),
    restricted(
        "seccomp",
        red=(unsecured("seccompProfile"),),
        green=(
            pod(BARE, securityContext={"seccompProfile": {"type": "RuntimeDefault"}}),
            pod(BARE, **WINDOWS),
        ),
    ),
    restricted(
        "proc-mount",
        red=(pod({"securityContext": {"procMount": "Unmasked"}}, **USER_NAMESPACE),),
        green=(pod({"securityContext": {"procMount": "Default"}}, **USER_NAMESPACE),),
    ),
)
