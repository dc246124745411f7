"""Where backups of the vector indexes go, when, and which are kept (guide, "Backup FAISS Indices").

On Kubernetes CronJobs make and drill them. Docker has no clock: there ``rf backup`` does, run by
whatever runs things regularly on that machine.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from .matching import Matching
from .schedules import TimeZone, WeeklyCron
from .types import STRICT, Switch

BucketName = Annotated[
    str,
    Matching(
        r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        "3 to 63 small letters, digits, dots and hyphens, a letter or digit at either end",
        example="researchflow-backups",
    ),
]
KeyPrefix = Annotated[
    str,
    Matching(
        r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$",
        "a folder (letters, digits, dots, hyphens and _), without a slash at either end",
        example="ai/staging",
    ),
]
Endpoint = Annotated[
    str,
    Matching(
        r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
        "an address with http:// or https:// and, if any, a port, without a path",
        example="https://s3.example.com",
    ),
]
Region = Annotated[
    str,
    Matching(
        r"^[a-z0-9-]{1,40}$", "a region (small letters, digits and hyphens)", example="eu-central-1"
    ),
]
KmsKey = Annotated[
    str,
    Matching(
        r"^[A-Za-z0-9:/_-]{1,2048}$", "the ID, ARN or alias of a KMS key", example="alias/backups"
    ),
]
Kept = Annotated[int, Field(strict=True, ge=0, le=3650)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BackupArgs:
    """Settings of ``rf backup`` and of the jobs that run it."""

    bucket: BucketName = "researchflow-backups"
    prefix: KeyPrefix = "ai"
    """The folder in the bucket, without a slash at its end."""
    endpoint: Endpoint | None = None
    """An S3 endpoint other than Amazon's."""
    region: Region | None = None
    """Region of the bucket, where boto3 does not know it."""
    keep_last: Annotated[int, Field(strict=True, ge=1, le=3650)] = 7
    """The newest backups, which are always kept."""
    keep_daily: Kept = 14
    """Days, counted by the backups themselves, of which the newest backup is kept."""
    keep_weekly: Kept = 8
    """Weeks of which the newest backup is kept."""
    encryption: Literal["AES256", "aws:kms"] | None = None
    """Server-side encryption; without it, whatever the bucket does."""
    kms_key: KmsKey | None = None
    """The key for ``aws:kms``; without it, the account's own."""
    lock: Literal["GOVERNANCE", "COMPLIANCE"] | None = None
    """Object lock, in a bucket that was made with it."""
    lock_days: Kept = 0
    """Days for which nobody can delete a backup's objects."""

    credentials: Literal["role", "secrets"] = "role"
    """Who the jobs in a cluster are to S3. `role`: the role of the ServiceAccount `faiss-backup`,
    as EKS Pod Identity gives it. `secrets`: the secrets backupAccessKey and backupSecretKey.
    `rf backup` on a machine takes what boto3 finds there."""
    schedule: WeeklyCron | None = "0 3 * * *"
    """When a cluster makes a backup; null: never."""
    drill_schedule: WeeklyCron | None = "0 5 * * sun"
    """When a cluster restores the latest backup into a scratch server and compares; null: never."""
    timezone: TimeZone = "UTC"
    """Whose clock both follow."""
    restore_empty: Switch = False
    """Before the server starts, an empty volume gets the latest good backup. Docker has no roles,
    so there it needs `credentials: secrets`."""

    @model_validator(mode="after")
    def _belong_together(self) -> "BackupArgs":
        if self.kms_key is not None and self.encryption != "aws:kms":
            raise ValueError("kms_key is set, so encryption must be aws:kms")
        if (self.lock is not None) != (self.lock_days > 0):
            raise ValueError("lock and lock_days go together: set both, or neither")
        return self


def facts(args: BackupArgs, *, clock: bool) -> dict[str, object]:
    """What policies and reviewers see in the plan; ``clock``: something keeps the schedule."""
    return {
        "bucket": args.bucket,
        "prefix": args.prefix,
        "endpoint": args.endpoint or "",
        "region": args.region or "",
        "keepLast": args.keep_last,
        "keepDaily": args.keep_daily,
        "keepWeekly": args.keep_weekly,
        "encryption": args.encryption or "",
        "kmsKey": args.kms_key or "",
        "lock": args.lock or "",
        "lockDays": args.lock_days,
        "schedule": (clock and args.schedule) or "",
        "drillSchedule": (clock and args.drill_schedule) or "",
        "timezone": args.timezone,
        "restoreEmpty": args.restore_empty,
    }


def variables(args: BackupArgs) -> dict[str, str]:
    """The same for the tool in the image (``python -m faiss_server backup``)."""
    return {
        "BACKUP_BUCKET": args.bucket,
        "BACKUP_PREFIX": args.prefix,
        "BACKUP_ENDPOINT": args.endpoint or "",
        "BACKUP_REGION": args.region or "",
        "BACKUP_KEEP_LAST": str(args.keep_last),
        "BACKUP_KEEP_DAILY": str(args.keep_daily),
        "BACKUP_KEEP_WEEKLY": str(args.keep_weekly),
        "BACKUP_ENCRYPTION": args.encryption or "",
        "BACKUP_KMS_KEY": args.kms_key or "",
        "BACKUP_LOCK": args.lock or "",
        "BACKUP_LOCK_DAYS": str(args.lock_days),
    }
