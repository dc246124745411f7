"""When backups of the indexes are made and drilled, and by whom."""

from typing import Any

import pytest

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.faiss_backup import BackupArgs
from components.monitoring.pushgateway import Pushgateway, PushgatewayArgs
from components.spec import ServiceSpec
from components.spec.network import Edge, Outside
from components.spec.runs import ScheduledJob
from settings import SettingsError, parse
from tests.conftest import platform

PUSHGATEWAY = Pushgateway.describe(PushgatewayArgs(), Context())
KEY = "services.faiss.backup"


def faiss(*, kubernetes: bool = True, track: Any = "stable", **backup: Any) -> ServiceSpec:
    args = FaissArgs(cache_size="4GB", memory=6, data_volume=50, backup=BackupArgs(**backup))
    context = Context(kubernetes=kubernetes, track=track).knowing(PUSHGATEWAY)
    return Faiss.describe(args, context)


def runs(**backup: Any) -> dict[str, ScheduledJob]:
    return {job.name: job for job in faiss(**backup).scheduled}


def test_a_cluster_backs_up_every_night_and_drills_every_week_unless_told_otherwise() -> None:
    found = runs()

    assert found["backup"].schedule == "0 3 * * *"
    assert found["drill"].schedule == "0 5 * * sun"
    assert {job.timezone for job in found.values()} == {"UTC"}


def test_each_has_its_own_time_or_none() -> None:
    assert runs(schedule="30 1 * * *")["backup"].schedule == "30 1 * * *"
    assert runs(schedule=None).keys() == {"drill"}
    assert runs(drill_schedule=None).keys() == {"backup"}


def test_a_machine_without_a_clock_and_a_follower_have_none() -> None:
    assert faiss(kubernetes=False).scheduled == ()
    assert faiss(track="canary").scheduled == ()


def test_the_backup_asks_the_writer_and_both_tell_the_pushgateway() -> None:
    found = runs()

    assert found["backup"].environment["FAISS_URL"] == "http://faiss-stable:5000"
    assert Edge(service="faiss", port=5000) in found["backup"].talks_to
    for job in found.values():
        assert job.environment["PUSHGATEWAY_URL"] == "http://pushgateway:9091"
        assert Edge(service="pushgateway", port=9091) in job.talks_to


def test_the_drill_has_room_for_another_server_of_the_same_size() -> None:
    drill = runs()["drill"]

    assert drill.environment["FAISS_CACHE_SIZE"] == "4GB"
    assert drill.resources.memory > 6
    assert drill.disk is not None
    assert (drill.disk.size, drill.disk.path) == (50, drill.environment["TMPDIR"])
    assert Edge(service="faiss", port=5000) not in drill.talks_to


def test_a_role_is_given_to_an_account_that_the_server_does_not_have() -> None:
    for job in runs().values():
        assert job.account == "faiss-backup"
        assert job.secret_files == ()


def test_keys_are_a_file_of_secrets_and_in_no_variable() -> None:
    for job in runs(credentials="secrets").values():
        (file,) = job.secret_files
        assert job.environment["AWS_SHARED_CREDENTIALS_FILE"] == file.path
        assert "${backupSecretKey}" in file.template
        assert "${" not in "".join(job.environment.values())


@pytest.mark.parametrize(
    ("endpoint", "outside"),
    [
        (None, ()),
        ("https://s3.example.com", (Outside(host="s3.example.com", port=443),)),
        ("http://minio.storage.svc:9000", (Outside(host="minio.storage.svc", port=9000),)),
        ("http://minio.storage.svc", (Outside(host="minio.storage.svc", port=80),)),
    ],
)
def test_the_port_of_another_endpoint_is_opened(
    endpoint: str | None, outside: tuple[Outside, ...]
) -> None:
    assert runs(endpoint=endpoint)["backup"].outside == outside


def test_an_empty_volume_is_filled_only_where_that_is_asked_for() -> None:
    (job,) = faiss(restore_empty=True).jobs

    assert faiss().jobs == ()
    assert faiss(restore_empty=True, track="canary").jobs == ()
    assert job.command[-2:] == ("backup", "install")
    assert job.environment["FAISS_DATA_DIR"] == "/data"


def complaint(stack: str = "staging", **changes: Any) -> str:
    tree = platform(stack)
    services = tree.setdefault("services", {})
    services.setdefault("faiss", {})["backup"] = changes.pop("backup", {})
    services |= changes
    with pytest.raises(SettingsError, match=KEY) as refusal:
        parse(tree, "Pulumi.test.yaml")
    return str(refusal.value)


@pytest.mark.parametrize(
    ("backup", "said"),
    [
        ({"schedule": "every night"}, "is no weekly cron expression"),
        ({"drill_schedule": "0 25 * * sun"}, "has no such time of day"),
        ({"timezone": "Europe/Berlim"}, "did you mean Europe/Berlin"),
        ({"schedule": "30 2 * * *", "timezone": "Europe/Berlin"}, "skip or repeat"),
        ({"schedule": "0 3 * * mon"}, "the alert FaissBackupOld fires at 26 hours"),
        ({"credentials": "keys"}, "'role' or 'secrets'"),
    ],
)
def test_what_would_not_run_or_would_alarm_is_refused_by_name(
    backup: dict[str, str], said: str
) -> None:
    assert said in complaint(backup=backup)


def test_a_later_alarm_allows_a_rarer_backup() -> None:
    tree = platform("staging")
    tree["services"]["faiss"] = {"backup": {"schedule": "0 3 * * mon"}}
    later = {"FaissBackupOld": {"value": 8 * 24 * 3600}}
    tree["services"]["prometheus"] = {"alerts": {"thresholds": later}}

    assert parse(tree, "Pulumi.test.yaml").settings.services.faiss.backup.schedule == "0 3 * * mon"


def test_docker_has_no_role_to_restore_with() -> None:
    assert "credentials: secrets" in complaint("local", backup={"restore_empty": True})


def test_keys_are_secrets_that_the_stack_then_needs() -> None:
    tree = platform("staging")
    tree["services"]["faiss"] = {"backup": {"credentials": "secrets"}}

    assert {"backupAccessKey", "backupSecretKey"} <= set(parse(tree, "file").secrets)
