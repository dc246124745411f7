"""``rf backup``: where the tool runs, and what it is given."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.credentials import ReadOnlyCredentials

from components.faiss import Faiss
from components.faiss_backup import BackupArgs, variables
from components.platforms.docker.place import Place
from components.spec import ServiceSpec
from rf.backup.machine import CREDENTIALS, credentials_file, one_shot
from rf.cli import run
from rf.project import find_project
from rf.stacks import checked_stack
from services.faiss_server.faiss_server.backup import settings as tool

ROOT = Path(__file__).parents[2]


def local() -> tuple[ServiceSpec, Place]:
    checked = checked_stack(find_project(ROOT), "local", allow_tags=True)
    settings = checked.stack.settings
    assert settings.target.kind == "docker"
    place = Place(args=settings.target, environment=settings.environment, images=settings.images)
    return next(spec for spec in checked.stack.specs if spec.name == Faiss.service), place


def test_the_settings_of_a_stack_are_those_of_the_tool() -> None:
    args = BackupArgs(
        bucket="ours",
        prefix="a/b",
        endpoint="https://s3.example.com",
        region="eu-west-1",
        keep_last=1,
        keep_daily=2,
        keep_weekly=3,
        encryption="aws:kms",
        kms_key="alias/k",
        lock="COMPLIANCE",
        lock_days=4,
    )

    read = tool.read(variables(args))

    assert (read.bucket, read.prefix, read.endpoint) == ("ours", "a/b", "https://s3.example.com")
    assert (read.region, read.retention.last) == ("eu-west-1", 1)
    assert (read.retention.daily, read.retention.weekly) == (2, 3)
    assert read.protection == tool.Protection(
        encryption="aws:kms", kms_key="alias/k", lock="COMPLIANCE", lock_days=4
    )


def test_both_have_the_same_defaults() -> None:
    assert tool.read(variables(BackupArgs())) == tool.read({})


def test_the_container_reaches_the_server_and_outside_and_may_do_nothing_else() -> None:
    spec, place = local()

    described = one_shot(spec, ["create"], {"BACKUP_BUCKET": "ours"}, place)

    made = described.create
    assert made["command"] == ["backup", "create"]
    assert made["network"] == "researchflow-local-internal"
    assert described.then == "researchflow-local-egress"
    assert made["environment"]["FAISS_URL"] == "http://faiss-stable:5000"
    assert made["user"] == "10001:10001"
    assert made["cap_drop"] == ["ALL"]
    assert tool.read(made["environment"]).bucket == "ours"


def test_credentials_are_a_file_for_the_tools_user_alone_and_in_no_variable() -> None:
    spec, place = local()
    secret = ReadOnlyCredentials("the-access", "the-secret", "the-token", None)

    with tarfile.open(fileobj=io.BytesIO(credentials_file(secret, spec))) as archive:
        (entry,) = archive.getmembers()
        content = archive.extractfile(entry)
        assert content is not None
        text = content.read()

    assert f"/{entry.name}" == CREDENTIALS
    assert (entry.mode, entry.uid, entry.gid) == (0o400, 10001, 10001)
    assert b"aws_secret_access_key = the-secret\naws_session_token = the-token\n" in text
    assert "the-" not in str(one_shot(spec, ["create"], {}, place))


def test_a_spec_behind_another_name_is_asked_by_that_name() -> None:
    spec, place = local()

    described = one_shot(replace(spec, name="vectors"), ["list"], {}, place)

    assert described.create["environment"]["FAISS_URL"] == "http://vectors-stable:5000"


def test_on_kubernetes_it_says_how_the_server_is_reached(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    status = run(["backup", "create", "--stack", "staging"])

    assert status == 1
    assert "deployment/faiss-stable 5000:15000, then --server" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kms_key": "k"}, "encryption must be aws:kms"),
        ({"lock": "COMPLIANCE"}, "lock and lock_days go together"),
        ({"lock_days": 3}, "lock and lock_days go together"),
        ({"prefix": "ai/"}, "prefix"),
        ({"keep_last": 0}, "keep_last"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        BackupArgs(**wrong)  # type: ignore[arg-type]
