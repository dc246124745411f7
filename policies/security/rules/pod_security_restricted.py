"""Pod Security Standards, level restricted: what a hardened pod says of itself."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from policies.framework.kubernetes import WORKLOADS, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, Severity
from policies.framework.values import Finding, Node

from .pod_security_baseline import refuse_unmasked_proc
from .pod_security_context import (
    all_settings,
    container_settings,
    unless_user_namespace,
    unless_windows,
)
from .pod_security_words import CAPABILITIES, VOLUMES


def volume_types(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``restrictedVolumes``. A volume of no type is an emptyDir: the API server fills that in."""
    for volume in pod_spec(resource)["volumes"].items():
        for key, source in volume.entries():
            if key not in ("name", "hostPath", *VOLUMES):
                yield from source.refuse_if(
                    lambda value: value is not None,
                    f"the type of a volume must be one of {', '.join(VOLUMES)}",
                )


def privilege_escalation(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``allowPrivilegeEscalation``."""
    spec = pod_spec(resource)
    return unless_windows(spec, _refuse_escalation(spec))


def _refuse_escalation(spec: Node) -> Iterator[Finding]:
    for setting in container_settings(spec, "allowPrivilegeEscalation"):
        yield from setting.refuse_if(lambda value: value is not False, "must be set to false")


def capabilities(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``capabilities_restricted``."""
    spec = pod_spec(resource)
    return unless_windows(spec, _refuse_capabilities(spec))


def _refuse_capabilities(spec: Node) -> Iterator[Finding]:
    for setting in container_settings(spec, "capabilities"):
        yield from _require_all(setting["drop"])
        for added in setting["add"].items():
            yield from added.refuse_if(
                lambda value: value in CAPABILITIES and value != "NET_BIND_SERVICE",
                "only NET_BIND_SERVICE may be added",
            )


def _require_all(dropped: Node) -> Iterator[Finding]:
    entries = list(dropped.items())
    if not any(entry.value == "ALL" for entry in entries):
        hidden = next((entry for entry in entries if entry.hidden), None)
        message = "must hold ALL"
        yield hidden.undecided(message) if hidden else dropped.violation(message)


def run_as_non_root(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``runAsNonRoot``."""
    spec = pod_spec(resource)
    return unless_user_namespace(spec, _refuse_any_user(spec))


def _refuse_any_user(spec: Node) -> Iterator[Finding]:
    of_pod, *of_containers = all_settings(spec, "runAsNonRoot")
    yield from of_pod.refuse_if(_is_false, "must not be false")
    for setting in of_containers:
        yield from setting.refuse_if(_is_false, "must not be false")
        yield from _inherited(setting, of_pod, "must be true here or for the pod")


def _inherited(setting: Node, of_pod: Node, message: str) -> Iterator[Finding]:
    """A setting that a container lacks has to be the pod's."""
    if setting.absent:
        yield from Node(of_pod.value, setting.path).require(message)


def run_as_user(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``runAsUser``."""
    spec = pod_spec(resource)
    return unless_user_namespace(spec, _refuse_root(spec))


def _refuse_root(spec: Node) -> Iterator[Finding]:
    for setting in all_settings(spec, "runAsUser"):
        yield from setting.refuse_if(
            lambda value: value == 0 and not _is_false(value), "must not be 0"
        )


def seccomp(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``seccompProfile_restricted``."""
    spec = pod_spec(resource)
    return unless_windows(spec, _require_profile(spec))


def _require_profile(spec: Node) -> Iterator[Finding]:
    of_pod, *of_containers = all_settings(spec, "seccompProfile")
    for profile in of_containers:
        if profile.maybe_absent:
            yield profile.undecided("must be set here or for the pod")
        yield from _inherited(profile, of_pod, "must be set here or for the pod")


def proc_mount(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``procMount_restricted``: no user namespace excuses it at this level."""
    spec = pod_spec(resource)
    excused = spec["hostUsers"]
    return refuse_unmasked_proc(spec) if excused.hidden or _is_false(excused.value) else iter(())


def _is_false(value: Any) -> bool:
    return value is False


REFERENCE = "Pod Security Standards, restricted: "
_rule = partial(Rule, kinds=WORKLOADS)

RULES = (
    _rule(
        id="pod-security-restricted/volume-types",
        check=volume_types,
        severity=Severity.MEDIUM,
        reference=REFERENCE + "Volume Types",
        protects="storage outside the cluster: other types carry addresses and logins in the pod",
        fix="put the storage behind a PersistentVolumeClaim",
    ),
    _rule(
        id="pod-security-restricted/privilege-escalation",
        check=privilege_escalation,
        severity=Severity.HIGH,
        reference=REFERENCE + "Privilege Escalation",
        protects="the container's user: setuid programs would make it root again",
        fix="set allowPrivilegeEscalation to false for every container",
    ),
    _rule(
        id="pod-security-restricted/capabilities",
        check=capabilities,
        severity=Severity.HIGH,
        reference=REFERENCE + "Capabilities",
        protects="the node's kernel: even the default capabilities are parts of root's rights",
        fix='set capabilities.drop to ["ALL"] and add nothing but NET_BIND_SERVICE',
    ),
    _rule(
        id="pod-security-restricted/run-as-non-root",
        check=run_as_non_root,
        severity=Severity.HIGH,
        reference=REFERENCE + "Running as Non-root",
        protects="the node: whoever breaks out of a container as root is root there",
        fix="set runAsNonRoot to true for the pod",
    ),
    _rule(
        id="pod-security-restricted/run-as-user",
        check=run_as_user,
        severity=Severity.HIGH,
        reference=REFERENCE + "Running as Non-root user",
        protects="the node: user 0 of a container is user 0 of its kernel",
        fix="set runAsUser to another number, or remove it",
    ),
    _rule(
        id="pod-security-restricted/seccomp",
        check=seccomp,
        severity=Severity.HIGH,
        reference=REFERENCE + "Seccomp",
        protects="the node's kernel: without a profile every system call is open",
        fix="set seccompProfile.type to RuntimeDefault for the pod",
    ),
    _rule(
        id="pod-security-restricted/proc-mount",
        check=proc_mount,
        severity=Severity.HIGH,
        reference=REFERENCE + "/proc Mount Type",
        protects="the node's kernel: an unmasked /proc shows and changes what belongs to it",
        fix="remove procMount",
    ),
)
