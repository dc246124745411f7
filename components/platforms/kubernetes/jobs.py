"""One-shot runs that end before their service starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import timing
from .manifest import Manifest
from .naming import LABEL_LIMIT, fitted, metadata, owner, short_hash
from .pod import job_template

if TYPE_CHECKING:
    from ...spec import Job, ServiceSpec
    from .cluster import Cluster
    from .manifest import Body

BACKOFF_LIMIT = 3


def job_manifest(spec: ServiceSpec, job: Job, cluster: Cluster) -> Manifest:
    """The Job object. Its template cannot be changed, so its name ends in a hash of its content.

    It has no ``ttlSecondsAfterFinished``: an object that is gone would be made, and run, again.
    """
    content: Body = {
        "backoffLimit": BACKOFF_LIMIT,
        "activeDeadlineSeconds": job.timeout_seconds,
        "template": job_template(spec, job, cluster),
    }
    content_hash = short_hash(content)
    room = LABEL_LIMIT - len(content_hash) - 1
    name = f"{fitted(owner(spec, job), room)}-{content_hash}"
    return Manifest(
        suffix=f"job-{job.name}",
        stage="job",
        timeout_seconds=timing.job(job),
        body={
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata(spec, cluster, name, job=job),
            "spec": content,
        },
    )
