"""What must hold between the backups of the vector indexes and the rest of a stack."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from .catalogue import Entry
from .context import Context
from .faiss import FaissArgs
from .faiss_backup import BackupArgs
from .faiss_jobs import BACKUP_SECONDS, RESTORE_SECONDS
from .monitoring.prometheus import PrometheusArgs
from .schedules import change_at
from .thresholds import HOUR, MINUTE, THRESHOLDS
from .weekly import longest_gap

RUNS = {
    "schedule": ("FaissBackupOld", BACKUP_SECONDS),
    "drill_schedule": ("FaissRestoreUnverified", RESTORE_SECONDS),
}
"""Which alert watches the run of each schedule, and how long the run may take."""


def backups_come_before_their_alarm(
    entries: Sequence[Entry], context: Context, today: date
) -> Iterator[tuple[str, str]]:
    """An alert that fires between two good backups is one that nobody looks at."""
    alarms = {name: threshold.value for name, threshold in THRESHOLDS.items()}
    for entry in entries:
        if isinstance(entry.args, PrometheusArgs):
            set_here = entry.args.alerts.thresholds.items()
            alarms |= {name: args.value for name, args in set_here if args.value is not None}
    for entry in entries:
        if isinstance(entry.args, FaissArgs) and not entry.is_canary:
            for key, said in _problems(entry.args.backup, context, alarms, today):
                yield f"{entry.section}.backup.{key}", said


def _problems(
    args: BackupArgs, context: Context, alarms: Mapping[str, float], today: date
) -> Iterator[tuple[str, str]]:
    if args.restore_empty and args.credentials == "role" and not context.kubernetes:
        yield (
            "restore_empty",
            "is true, but Docker gives a container no role; set credentials: secrets and the "
            "secrets backupAccessKey and backupSecretKey, or restore with rf backup restore",
        )
    # Elsewhere nothing keeps the schedules.
    schedules = {"schedule": args.schedule, "drill_schedule": args.drill_schedule}
    for key, cron in schedules.items() if context.kubernetes else ():
        if cron is None:
            continue
        if day := change_at(cron, args.timezone, today):
            yield (
                key,
                f"({cron}) falls on {day} into the hour that the clocks of {args.timezone} skip or "
                "repeat; take a time some hours away, or the timezone UTC",
            )
        alert, seconds = RUNS[key]
        gap = longest_gap(cron) * MINUTE
        if gap + seconds > alarms[alert]:
            yield (
                key,
                f"({cron}) leaves up to {gap // HOUR} hours between runs, and one may take "
                f"{seconds // HOUR}, and the alert {alert} fires at {alarms[alert] / HOUR:g} "
                "hours; run it more often, or raise "
                f"services.prometheus.alerts.thresholds.{alert}",
            )
