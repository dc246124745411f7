"""Pod Security Standards, level baseline: what is known to lead out of a container."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from policies.framework.kubernetes import WORKLOADS, containers, pod, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, Severity
from policies.framework.values import Finding, Node, word_of

from .pod_security_context import (
    all_settings,
    container_settings,
    refuse_unless_confined,
    unless_user_namespace,
)
from .pod_security_words import CAPABILITIES, DANGEROUS, SELINUX_TYPES, SYSCTLS

NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)
APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


def host_namespaces(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``hostNamespaces``."""
    spec = pod_spec(resource)
    for key in NAMESPACES:
        yield from spec[key].refuse_if(lambda value: value is True, "must not be true")


def privileged(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``privileged``."""
    for setting in container_settings(pod_spec(resource), "privileged"):
        yield from setting.refuse_if(lambda value: value is True, "must not be true")


def capabilities(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``capabilities_baseline``."""
    for setting in container_settings(pod_spec(resource), "capabilities"):
        for added in setting["add"].items():
            what = word_of(added.value, DANGEROUS)
            yield from added.refuse_if(
                lambda value: value not in CAPABILITIES,
                f"{what} is not one of the default capabilities",
            )


def host_path_volumes(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``hostPathVolumes``."""
    for volume in pod_spec(resource)["volumes"].items():
        yield from volume["hostPath"].refuse_if(
            lambda value: value is not None, "must not be a folder of the node"
        )


def host_ports(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``hostPorts``."""
    for container in containers(pod_spec(resource)):
        for port in container["ports"].items():
            yield from port["hostPort"].refuse_if(
                lambda value: value not in (None, 0), "must not be set"
            )


def host_probes(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``hostProbesAndHostLifecycle``."""
    for container in containers(pod_spec(resource)):
        for handler in HANDLERS:
            for action in ("httpGet", "tcpSocket"):
                yield from container.at(*handler, action, "host").refuse_if(
                    _is_set, "must not be set"
                )


def apparmor(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``appArmorProfile``, the field and the annotation before it."""
    for profile in all_settings(pod_spec(resource), "appArmorProfile"):
        yield from refuse_unless_confined(profile, "AppArmor")
    annotations = pod(resource)["metadata"]["annotations"]
    for key, value in annotations.entries():
        if annotations.hidden or key.startswith(APPARMOR_ANNOTATION):
            # The key ends in a container's name, which the path leaves out.
            yield from Node(value.value, annotations.path).refuse_if(
                lambda text: _is_set(text) and text != "runtime/default" and not _is_local(text),
                "an AppArmor annotation must be runtime/default or localhost/PROFILE",
            )


def _is_local(text: Any) -> bool:
    return isinstance(text, str) and text.startswith("localhost/")


def selinux(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``seLinuxOptions``."""
    for options in all_settings(pod_spec(resource), "seLinuxOptions"):
        yield from options["type"].refuse_if(
            lambda value: _is_set(value) and value not in SELINUX_TYPES,
            f"must be one of {', '.join(SELINUX_TYPES)}",
        )
        for key in ("user", "role"):
            yield from options[key].refuse_if(_is_set, "must not be set")


def proc_mount(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``procMount``."""
    spec = pod_spec(resource)
    return unless_user_namespace(spec, refuse_unmasked_proc(spec))


def refuse_unmasked_proc(spec: Node) -> Iterator[Finding]:
    """Any ``procMount`` but the default one."""
    for setting in container_settings(spec, "procMount"):
        yield from setting.refuse_if(
            lambda value: value not in (None, "Default"), "must be Default or left out"
        )


def seccomp(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``seccompProfile_baseline``."""
    for profile in all_settings(pod_spec(resource), "seccompProfile"):
        yield from refuse_unless_confined(profile, "seccomp")


def sysctls(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``sysctls``."""
    for sysctl in pod_spec(resource)["securityContext"]["sysctls"].items():
        yield from sysctl["name"].refuse_if(
            lambda value: value not in SYSCTLS, "is not one of the safe sysctls"
        )


def windows_host_process(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``windowsHostProcess``."""
    for options in all_settings(pod_spec(resource), "windowsOptions"):
        yield from options["hostProcess"].refuse_if(lambda value: value is True, "must not be true")


def _is_set(value: Any) -> bool:
    return value not in (None, "")


REFERENCE = "Pod Security Standards, baseline: "
_rule = partial(Rule, kinds=WORKLOADS)

RULES = (
    _rule(
        id="pod-security-baseline/host-namespaces",
        check=host_namespaces,
        severity=Severity.CRITICAL,
        reference=REFERENCE + "Host Namespaces",
        protects="the node: its processes, its shared memory and every address it listens on",
        fix="remove hostNetwork, hostPID and hostIPC",
    ),
    _rule(
        id="pod-security-baseline/privileged",
        check=privileged,
        severity=Severity.CRITICAL,
        reference=REFERENCE + "Privileged Containers",
        protects="the node: a privileged container has every right of root on it",
        fix="remove privileged",
    ),
    _rule(
        id="pod-security-baseline/capabilities",
        check=capabilities,
        severity=Severity.HIGH,
        reference=REFERENCE + "Capabilities",
        protects="the node: further capabilities are parts of root's rights",
        fix="remove the capability from capabilities.add",
    ),
    _rule(
        id="pod-security-baseline/host-path-volumes",
        check=host_path_volumes,
        severity=Severity.HIGH,
        reference=REFERENCE + "HostPath Volumes",
        protects="the node's files, among them the credentials of its kubelet",
        fix="use a PersistentVolumeClaim, an emptyDir or a projected volume",
    ),
    _rule(
        id="pod-security-baseline/host-ports",
        check=host_ports,
        severity=Severity.MEDIUM,
        reference=REFERENCE + "Host Ports",
        protects="the node's ports, which no NetworkPolicy guards",
        fix="remove hostPort and put a Service before the pod",
    ),
    _rule(
        id="pod-security-baseline/host-probes",
        check=host_probes,
        severity=Severity.MEDIUM,
        reference=REFERENCE + "Host Probes / Lifecycle Hooks",
        protects="addresses near the kubelet, which would be asked in the pod's place",
        fix="remove host: the default is the pod's own address",
    ),
    _rule(
        id="pod-security-baseline/apparmor",
        check=apparmor,
        severity=Severity.HIGH,
        reference=REFERENCE + "AppArmor",
        protects="the node's kernel: without a profile a container may do all that root may",
        fix="remove the profile, or set its type to RuntimeDefault",
    ),
    _rule(
        id="pod-security-baseline/selinux",
        check=selinux,
        severity=Severity.HIGH,
        reference=REFERENCE + "SELinux",
        protects="the node's files: another type, user or role leaves the container's confinement",
        fix="remove user and role, and use a container type",
    ),
    _rule(
        id="pod-security-baseline/proc-mount",
        check=proc_mount,
        severity=Severity.HIGH,
        reference=REFERENCE + "/proc Mount Type",
        protects="the node's kernel: an unmasked /proc shows and changes what belongs to it",
        fix="remove procMount, or give the pod a user namespace with hostUsers: false",
    ),
    _rule(
        id="pod-security-baseline/seccomp",
        check=seccomp,
        severity=Severity.HIGH,
        reference=REFERENCE + "Seccomp",
        protects="the node's kernel: unconfined means every system call",
        fix="set seccompProfile.type to RuntimeDefault",
    ),
    _rule(
        id="pod-security-baseline/sysctls",
        check=sysctls,
        severity=Severity.HIGH,
        reference=REFERENCE + "Sysctls",
        protects="the node and its other pods, which share most kernel parameters",
        fix="remove the sysctl, or set it on the node",
    ),
    _rule(
        id="pod-security-baseline/windows-host-process",
        check=windows_host_process,
        severity=Severity.CRITICAL,
        reference=REFERENCE + "HostProcess",
        protects="the Windows node: a HostProcess container runs on it directly",
        fix="remove windowsOptions.hostProcess",
    ),
)
