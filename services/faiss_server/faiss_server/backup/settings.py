"""Where backups go and which are kept, read once from environment variables.

Credentials are not among them: boto3 finds those by its own chain (environment, files, roles).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..environment import SettingError
from .retention import Retention

if TYPE_CHECKING:
    from collections.abc import Mapping

ENCRYPTIONS = ("", "AES256", "aws:kms")
LOCKS = ("", "GOVERNANCE", "COMPLIANCE")
URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
MOST = 3650


@dataclass(frozen=True, kw_only=True)
class Protection:
    """How S3 keeps an object: encrypted (empty: as the bucket says), and locked for some days."""

    encryption: str = ""
    kms_key: str = ""
    lock: str = ""
    lock_days: int = 0


@dataclass(frozen=True, kw_only=True)
class BackupSettings:
    """What a backup was told. ``endpoint`` and ``region`` are empty where boto3 knows them."""

    bucket: str = "researchflow-backups"
    prefix: str = "ai"
    endpoint: str = ""
    region: str = ""
    server: str = "http://faiss-stable:5000"
    pushgateway: str = ""
    """Empty: nobody is told."""
    retention: Retention = field(default_factory=Retention)
    protection: Protection = field(default_factory=Protection)


def read(environment: Mapping[str, str]) -> BackupSettings:
    """Settings from ``environment``; raises SettingError for the first that cannot be used."""
    default = BackupSettings()
    prefix = environment.get("BACKUP_PREFIX", default.prefix).strip("/")
    return BackupSettings(
        bucket=_matching(
            environment, "BACKUP_BUCKET", BUCKET, default.bucket, "write the name of a bucket"
        ),
        prefix=_matching(
            {"BACKUP_PREFIX": prefix}, "BACKUP_PREFIX", PREFIX, "", "write a folder, such as ai"
        ),
        endpoint=_url(environment, "BACKUP_ENDPOINT", default.endpoint),
        region=environment.get("BACKUP_REGION", default.region),
        server=_url(environment, "FAISS_URL", default.server) or default.server,
        pushgateway=_url(environment, "PUSHGATEWAY_URL", default.pushgateway),
        retention=Retention(
            last=_number(environment, "BACKUP_KEEP_LAST", default.retention.last, least=1),
            daily=_number(environment, "BACKUP_KEEP_DAILY", default.retention.daily),
            weekly=_number(environment, "BACKUP_KEEP_WEEKLY", default.retention.weekly),
        ),
        protection=_protection(environment),
    )


def _protection(environment: Mapping[str, str]) -> Protection:
    encryption = _choice(environment, "BACKUP_ENCRYPTION", ENCRYPTIONS)
    key = environment.get("BACKUP_KMS_KEY", "")
    lock = _choice(environment, "BACKUP_LOCK", LOCKS)
    days = _number(environment, "BACKUP_LOCK_DAYS", 0)
    if key and encryption != "aws:kms":
        raise SettingError("BACKUP_KMS_KEY", key, "set BACKUP_ENCRYPTION to aws:kms with it")
    if bool(lock) != bool(days):
        raise SettingError(
            "BACKUP_LOCK_DAYS", str(days), "BACKUP_LOCK and a number of days go together"
        )
    return Protection(encryption=encryption, kms_key=key, lock=lock, lock_days=days)


def _matching(
    environment: Mapping[str, str], name: str, pattern: re.Pattern[str], default: str, remedy: str
) -> str:
    value = environment.get(name, default)
    if value and not pattern.fullmatch(value):
        raise SettingError(name, value, remedy)
    return value or default


def _url(environment: Mapping[str, str], name: str, default: str) -> str:
    value = environment.get(name, default)
    if value and not URL.fullmatch(value):
        raise SettingError(name, value, "write http://HOST:PORT or https://HOST")
    return value.rstrip("/")


def _choice(environment: Mapping[str, str], name: str, valid: tuple[str, ...]) -> str:
    value = environment.get(name, "")
    if value not in valid:
        raise SettingError(name, value, f"choose {' or '.join(filter(None, valid))}, or leave it")
    return value


def _number(environment: Mapping[str, str], name: str, default: int, least: int = 0) -> int:
    value = environment.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,4}", value) or not least <= int(value) <= MOST:
        raise SettingError(name, value, f"write a whole number from {least} to {MOST}")
    return int(value)
