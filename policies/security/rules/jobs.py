"""Jobs that end.

None of these asks for ``ttlSecondsAfterFinished``: a Job that removes itself is one that the engine
makes anew at every update.
"""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, Severity
from policies.framework.values import Finding

CRON = ("batch/CronJob",)


def deadline(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A job that hangs keeps its memory, and perhaps its GPU, for ever."""
    spec = resource["spec"]
    if resource.kind in CRON:
        spec = spec["jobTemplate"]["spec"]
    yield from spec["activeDeadlineSeconds"].require("must be set")


def overlap(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Two runs at once, unless that is said."""
    yield from resource["spec"]["concurrencyPolicy"].refuse_if(
        lambda value: value not in ("Forbid", "Replace"), "must be Forbid or Replace"
    )


def late_start(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """After a hundred missed runs a CronJob without a deadline never starts again."""
    yield from resource["spec"]["startingDeadlineSeconds"].require("must be set")


RULES = (
    Rule(
        id="jobs/deadline",
        severity=Severity.MEDIUM,
        protects="memory, GPUs and money from a job that never ends",
        fix="set activeDeadlineSeconds to more than the longest run",
        reference="kube-score cronjob-has-deadline; EKS best practices, AI/ML",
        kinds=("batch/Job", *CRON),
        check=deadline,
        level=Level.ADVISORY,
    ),
    Rule(
        id="jobs/overlap",
        severity=Severity.MEDIUM,
        protects="data that two runs write at once",
        fix="set concurrencyPolicy: Forbid",
        reference="Kubernetes documentation, CronJob",
        kinds=CRON,
        check=overlap,
        level=Level.ADVISORY,
    ),
    Rule(
        id="jobs/late-start",
        severity=Severity.LOW,
        protects="the schedule after an outage: past 100 missed runs none starts any more",
        fix="set startingDeadlineSeconds to less than the time between two runs",
        reference="kube-score cronjob-has-deadline",
        kinds=CRON,
        check=late_start,
        level=Level.ADVISORY,
    ),
)
