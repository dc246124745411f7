"""The Pod Security rules on objects that others wrote and labelled: misses and false alarms."""

from collections.abc import Callable, Iterable, Sequence

import pytest

from policies.security.rules import pod_security
from tests.closing import TABLE, table
from tests.policy.analyzer import Analyzer
from tests.policy.corpora import (
    KYVERNO,
    MODULE,
    PSS,
    Labelled,
    kyverno,
    kyverno_folder,
    pss,
    pss_folder,
)

Record = Callable[[str, object], None]
Verdict = tuple[Labelled, bool]
"""A sample, and whether we refuse it."""
LEVELS = {"baseline": pod_security.BASELINE, "restricted": pod_security.RULES}
CHECKS = {
    "allowprivilegeescalation": {"pod-security-restricted/privilege-escalation"},
    "apparmorprofile": {"pod-security-baseline/apparmor"},
    "capabilities_baseline": {"pod-security-baseline/capabilities"},
    "capabilities_restricted": {
        "pod-security-baseline/capabilities",
        "pod-security-restricted/capabilities",
    },
    "hostnamespaces": {"pod-security-baseline/host-namespaces"},
    "hostpathvolumes": {"pod-security-baseline/host-path-volumes"},
    "hostports": {"pod-security-baseline/host-ports"},
    "hostprobesandhostlifecycle": {"pod-security-baseline/host-probes"},
    "privileged": {"pod-security-baseline/privileged"},
    "procmount": {"pod-security-baseline/proc-mount"},
    "procmount_restricted": {
        "pod-security-baseline/proc-mount",
        "pod-security-restricted/proc-mount",
    },
    "restrictedvolumes": {
        "pod-security-baseline/host-path-volumes",
        "pod-security-restricted/volume-types",
    },
    "runasnonroot": {"pod-security-restricted/run-as-non-root"},
    "runasuser": {"pod-security-restricted/run-as-user"},
    "seccompprofile_baseline": {"pod-security-baseline/seccomp"},
    "seccompprofile_restricted": {
        "pod-security-baseline/seccomp",
        "pod-security-restricted/seccomp",
    },
    "selinuxoptions": {"pod-security-baseline/selinux"},
    "sysctls": {"pod-security-baseline/sysctls"},
    "windowshostprocess": {"pod-security-baseline/windows-host-process"},
}
"""The rules that one check of Kubernetes is, by the names of its fixtures."""
POLICIES = {
    "disallow-capabilities": "pod-security-baseline/capabilities",
    "disallow-capabilities-strict": "/capabilities",
    "disallow-host-namespaces": "pod-security-baseline/host-namespaces",
    "disallow-host-path": "pod-security-baseline/host-path-volumes",
    "disallow-host-ports": "pod-security-baseline/host-ports",
    "disallow-host-ports-range": "pod-security-baseline/host-ports",
    "disallow-host-process": "pod-security-baseline/windows-host-process",
    "disallow-privilege-escalation": "pod-security-restricted/privilege-escalation",
    "disallow-privileged-containers": "pod-security-baseline/privileged",
    "disallow-proc-mount": "/proc-mount",
    "disallow-selinux": "pod-security-baseline/selinux",
    "require-run-as-non-root-user": "pod-security-restricted/run-as-user",
    "require-run-as-nonroot": "pod-security-restricted/run-as-non-root",
    "restrict-apparmor-profiles": "pod-security-baseline/apparmor",
    "restrict-seccomp": "pod-security-baseline/seccomp",
    "restrict-seccomp-strict": "/seccomp",
    "restrict-sysctls": "pod-security-baseline/sysctls",
    "restrict-volume-types": "volume",
}
"""What of our rules' ids speaks of the same as one of Kyverno's policies."""
ONLY_ABOUT = {"require-drop-all": "capabilities.drop", "adding-capabilities-strict": ".add["}
"""Kyverno has two rules where the standard has one check; these are our paths for each."""


def told(sample: Labelled) -> list[tuple[str, str]]:
    """Ids and messages of the mandatory rules of the sample's level that it breaks."""
    said = Analyzer(LEVELS[sample.level]).apply(sample.manifest)
    return [(each.rule, each.message) for each in said if each.mandatory]


def why_differently(sample: Labelled) -> str | None:
    """Why we do not agree with a label, where we knowingly do not."""
    policy = sample.about.partition("/")[0]
    if policy == "disallow-host-ports-range":
        return "Kyverno allows host ports 5000 to 6000, the standard none"
    if policy == "disallow-selinux" and "container_engine_t" in str(sample.manifest):
        return "the standard allows container_engine_t since Kubernetes 1.31, Kyverno does not"
    if policy == "disallow-proc-mount" and "'hostUsers': False" in str(sample.manifest):
        return "the standard excuses user namespaces since Kubernetes 1.35, Kyverno does not"
    return None


def tally(title: str, verdicts: Sequence[Verdict]) -> tuple[str, list[str]]:
    """The closing table of a corpus."""
    bad = [refused for sample, refused in verdicts if sample.refused]
    good = [refused for sample, refused in verdicts if not sample.refused]
    rows = [
        ("objects", str(len(verdicts))),
        ("misses", f"{bad.count(False)} of {len(bad)}"),
        ("false alarms", f"{good.count(True)} of {len(good)}"),
    ]
    return table(title, rows)


def wrong(verdicts: Iterable[Verdict]) -> list[str]:
    """What we do not judge as it is labelled."""
    return [sample.name for sample, refused in verdicts if refused != sample.refused]


@pytest.fixture
def kubernetes_pods() -> list[Labelled]:
    folder = pss_folder()
    if folder is None:
        pytest.skip(f"no Pod Security fixtures: set {PSS}, or run go mod download {MODULE}")
    return list(pss(folder))


@pytest.fixture
def kyverno_objects() -> list[Labelled]:
    folder = kyverno_folder()
    if folder is None:
        pytest.skip(
            f"no Kyverno fixtures: set {KYVERNO} to a copy of pod-security in kyverno/policies"
        )
    return list(kyverno(folder))


def test_every_pod_of_kubernetes_is_judged_as_it_is_labelled(
    kubernetes_pods: list[Labelled], record_property: Record
) -> None:
    verdicts = [(sample, bool(told(sample))) for sample in kubernetes_pods]

    record_property(TABLE, tally("Pod Security fixtures of Kubernetes", verdicts))
    assert wrong(verdicts) == []


def test_a_pod_of_kubernetes_is_refused_by_the_check_that_it_is_named_for(
    kubernetes_pods: list[Labelled],
) -> None:
    for sample in kubernetes_pods:
        if sample.refused:
            rules = {rule for rule, _ in told(sample)}

            assert rules & CHECKS[sample.about], sample.name


def test_kyvernos_objects_are_judged_as_labelled_but_for_what_we_know(
    kyverno_objects: list[Labelled], record_property: Record
) -> None:
    compared = [each for each in kyverno_objects if why_differently(each) is None]
    verdicts = [(sample, is_refused(sample)) for sample in compared]

    record_property(TABLE, tally("Pod Security fixtures of Kyverno", verdicts))
    assert wrong(verdicts) == []


def test_where_we_do_not_agree_with_kyverno_the_difference_is_still_there(
    kyverno_objects: list[Labelled],
) -> None:
    others = [each for each in kyverno_objects if why_differently(each)]
    differing = [each for each in others if is_refused(each) != each.refused]

    reasons = {why_differently(each) for each in others}
    assert {why_differently(each) for each in differing} == reasons


def is_refused(sample: Labelled) -> bool:
    """Whether our rules break for what the policy of the sample speaks of."""
    policy, _, place = sample.about.partition("/")
    return any(
        POLICIES[policy] in rule and ONLY_ABOUT.get(place, "") in message
        for rule, message in told(sample)
    )
