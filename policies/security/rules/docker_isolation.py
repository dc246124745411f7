"""What separates a Docker container from the machine: privileges, namespaces, capabilities, user.

The requirements are those of the CIS Docker Benchmark, section 5, and of its counterparts in the
Pod Security Standards. ``pulumi-docker`` 5 has no input for a limit on processes.
"""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import in_doubt, require_item
from policies.framework.values import Finding, Node

from .pod_security_words import CAPABILITIES

CONTAINER = ("docker:index/container:Container",)
UNCONFINED = frozenset({"seccomp", "apparmor", "systempaths"})
ROOT = frozenset({"root", "0"})


class CapabilitiesConfig(RuleConfig):
    """Which capabilities may be added, without ``CAP_``: those that a container has anyway."""

    allowed: tuple[str, ...] = CAPABILITIES


def privileged(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Every device and every capability of the machine."""
    yield from resource["privileged"].refuse_if(lambda value: value is True, "must not be true")


def host_namespaces(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``host`` instead of a namespace of the container's own."""
    for mode in ("networkMode", "pidMode", "ipcMode", "usernsMode", "cgroupnsMode"):
        yield from resource[mode].refuse_if(
            lambda value: value == "host", "must not be the namespace of the host"
        )


def added_capabilities(resource: Resource, config: CapabilitiesConfig) -> Iterator[Finding]:
    """Capabilities beyond those that are allowed."""
    for added in resource.root.at("capabilities", "adds").items():
        yield from added.refuse_if(
            lambda value: _capability(value) not in config.allowed,
            "is a capability that must not be added",
        )


def dropped_capabilities(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """All capabilities that a container has without asking."""
    yield from require_item(resource.root.at("capabilities", "drops"), _is_all, "must hold ALL")


def security_options(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Switched off confinement of the kernel's."""
    for option in resource["securityOpts"].items():
        yield from option.refuse_if(_unconfined, "must not switch off seccomp, AppArmor or SELinux")


def no_new_privileges(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Programs with the set-user-id bit give more rights than the container began with."""
    yield from require_item(
        resource["securityOpts"], _denies_privileges, "must hold no-new-privileges"
    )


def user(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Root in a container is root on the machine once it gets out."""
    if _out_of_reach(resource):
        return
    found = resource["user"].refuse_if(
        lambda value: not value or str(value).partition(":")[0] in ROOT,
        "must be a user other than root; unset is what the image says, mostly root",
    )
    yield from in_doubt(found, *_reach(resource))


def read_only_root(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A writable root file system keeps what an intruder puts there."""
    if _out_of_reach(resource):
        return
    found = resource["readOnly"].refuse_if(lambda value: value is not True, "must be true")
    yield from in_doubt(found, *_reach(resource))


def _out_of_reach(resource: Resource) -> bool:
    """No network and no capabilities but those it adds: a helper that nobody can talk to."""
    network, *dropped = _reach(resource)
    return network.value == "none" and any(_is_all(item.value) for item in dropped)


def _reach(resource: Resource) -> list[Node]:
    """What decides whether anybody can talk to the container."""
    return [resource["networkMode"], *resource["capabilities"]["drops"].items()]


def _is_all(value: object) -> bool:
    return _capability(value) == "ALL"


def _capability(value: object) -> str:
    return str(value).upper().removeprefix("CAP_")


def _unconfined(value: object) -> bool:
    name, _, setting = str(value).replace(":", "=", 1).partition("=")
    return (name in UNCONFINED and setting == "unconfined") or (name, setting) == (
        "label",
        "disable",
    )


def _denies_privileges(value: object) -> bool:
    return str(value) in ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")


RULES = (
    Rule(
        id="docker/privileged",
        severity=Severity.CRITICAL,
        protects="the machine: a privileged container has every right of root on it",
        fix="remove privileged, or set it to false",
        reference="CIS Docker 5.5",
        kinds=CONTAINER,
        check=privileged,
    ),
    Rule(
        id="docker/host-namespaces",
        severity=Severity.HIGH,
        protects="processes, memory and loopback ports of the machine, which have no password",
        fix="remove the mode; give the container a network of its own and publish what it serves",
        reference="CIS Docker 5.10, 5.16, 5.17, 5.31",
        kinds=CONTAINER,
        check=host_namespaces,
    ),
    Rule(
        id="docker/added-capabilities",
        severity=Severity.HIGH,
        protects="the machine: many capabilities are enough to become root on it",
        fix="remove the capability from capabilities.adds",
        reference="CIS Docker 5.4",
        kinds=CONTAINER,
        check=added_capabilities,
        config=CapabilitiesConfig,
    ),
    Rule(
        id="docker/dropped-capabilities",
        severity=Severity.MEDIUM,
        protects="the machine from what a container of Docker's may do without asking",
        fix="set capabilities.drops to [ALL]",
        reference="CIS Docker 5.4",
        kinds=CONTAINER,
        check=dropped_capabilities,
        level=Level.ADVISORY,
    ),
    Rule(
        id="docker/security-options",
        severity=Severity.HIGH,
        protects="the kernel, which seccomp, AppArmor and SELinux keep a container away from",
        fix="remove the option from securityOpts",
        reference="CIS Docker 5.2, 5.3, 5.22",
        kinds=CONTAINER,
        check=security_options,
    ),
    Rule(
        id="docker/no-new-privileges",
        severity=Severity.MEDIUM,
        protects="against set-user-id programs in an image",
        fix="add no-new-privileges to securityOpts",
        reference="CIS Docker 5.26",
        kinds=CONTAINER,
        check=no_new_privileges,
        level=Level.ADVISORY,
    ),
    Rule(
        id="docker/user",
        severity=Severity.HIGH,
        protects="the machine: root in a container is root outside once it gets out",
        fix="set user to another number than 0; root may stay where networkMode is none and "
        "capabilities.drops is [ALL]",
        reference="CIS Docker 4.1",
        kinds=CONTAINER,
        check=user,
    ),
    Rule(
        id="docker/read-only-root",
        severity=Severity.LOW,
        protects="programs and settings of the image from being changed while it runs",
        fix="set readOnly to true and mount a tmpfs where the service writes",
        reference="CIS Docker 5.13",
        kinds=CONTAINER,
        check=read_only_root,
        level=Level.ADVISORY,
    ),
)
