"""``rf clients``: tokens go into files, public keys into the stack file, and nothing elsewhere."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec

from components.gateway.access import jwk
from components.gateway.keys import CURVE, text_of
from rf.cli import run
from rf.clients.listing import lines
from settings import parse
from tests.conftest import PROJECT

STACK_FILE = """\
# Kept.
config:
  researchflow-ai:platform:
    environment: local
    target:
      kind: docker
    services:
      gateway:
        access:
          required: true
          clients:
            partner:
              rate: 300/minute   # as agreed
"""
ROOT = Path.cwd()
PUBLIC = text_of(ec.generate_private_key(CURVE()).public_key())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "Pulumi.local.yaml").write_text(STACK_FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def clients(project: Path) -> dict[str, Any]:
    """What the stack file says of clients."""
    tree = yaml.safe_load((project / "Pulumi.local.yaml").read_text())["config"]
    found = tree[f"{PROJECT}:platform"]["services"]["gateway"]["access"].get("clients", {})
    assert isinstance(found, dict)
    return found


def token(project: Path, key: str) -> str:
    return (project / ".rf/clients/local" / f"{key}.token").read_text().strip()


def opened(project: Path, client: str, key: str) -> dict[str, Any]:
    """The claims of a token, if the stack file's key says that it is good."""
    public = jwt.PyJWK(jwk(clients(project)[client]["keys"][key]["public"]))
    text = token(project, key)
    assert jwt.get_unverified_header(text)["kid"] == key
    found: dict[str, Any] = jwt.decode(
        text, public, algorithms=["ES256"], audience="researchflow-ai-local"
    )
    return found


def test_an_issued_token_is_good_for_its_client_and_for_as_long_as_was_said(project: Path) -> None:
    assert run(["clients", "issue", "mobile", "--days", "30"]) == 0

    claims = opened(project, "mobile", "mobile")
    assert claims["sub"] == "mobile"
    assert timedelta(seconds=claims["exp"] - claims["iat"]) == timedelta(days=30)
    ends = datetime.fromtimestamp(claims["exp"], UTC).date()
    assert clients(project)["mobile"]["keys"]["mobile"]["expires"] == ends.isoformat()


def test_a_token_is_in_its_file_only_and_only_its_owner_may_read_it(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["clients", "issue", "mobile"])
    run(["clients", "rotate", "mobile"])
    run(["clients", "list"])

    said = "".join(capfd.readouterr())
    for key in ("mobile", "mobile.2"):
        file = project / ".rf/clients/local" / f"{key}.token"
        assert file.stat().st_mode & 0o777 == 0o600
        assert str(file) in said
    everything = said + (project / "Pulumi.local.yaml").read_text()
    for part in (*token(project, "mobile").split("."), *token(project, "mobile.2").split(".")):
        assert part not in everything


def test_no_private_key_is_left_anywhere(project: Path) -> None:
    run(["clients", "issue", "mobile"])

    left = {path.name for path in project.rglob("*") if path.is_file()}
    assert left == {"Pulumi.yaml", "__main__.py", "Pulumi.local.yaml", "mobile.token"}
    assert "PRIVATE" not in "".join(path.read_text() for path in project.rglob("*.*[nl]"))


def test_what_else_is_in_the_stack_file_stays(project: Path) -> None:
    run(["clients", "issue", "partner"])

    text = (project / "Pulumi.local.yaml").read_text()
    assert text.startswith("# Kept.\n")
    assert "rate: 300/minute   # as agreed" in text
    parse(yaml.safe_load(text)["config"][f"{PROJECT}:platform"], "Pulumi.local.yaml")


def test_while_rotated_both_keys_are_there_and_then_only_the_new_one(project: Path) -> None:
    run(["clients", "issue", "partner"])

    run(["clients", "rotate", "partner"])
    assert set(clients(project)["partner"]["keys"]) == {"partner", "partner.2"}
    opened(project, "partner", "partner")
    opened(project, "partner", "partner.2")

    run(["clients", "revoke", "partner", "--old"])
    assert set(clients(project)["partner"]["keys"]) == {"partner.2"}
    run(["clients", "rotate", "partner"])
    assert set(clients(project)["partner"]["keys"]) == {"partner.2", "partner.3"}


def test_who_is_revoked_keeps_the_rate_and_may_be_given_another_token(project: Path) -> None:
    run(["clients", "issue", "partner"])
    revoked = token(project, "partner")

    run(["clients", "revoke", "partner"])
    assert clients(project)["partner"] == {"rate": "300/minute"}

    assert run(["clients", "issue", "partner", "--out", "again"]) == 0
    public = jwt.PyJWK(jwk(clients(project)["partner"]["keys"]["partner"]["public"]))
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(revoked, public, algorithms=["ES256"], audience="researchflow-ai-local")


def test_the_gateway_still_asks_when_the_last_client_is_gone(project: Path) -> None:
    run(["clients", "issue", "mobile"])
    run(["clients", "revoke", "mobile"])

    assert "required: true" in (project / "Pulumi.local.yaml").read_text()
    assert set(clients(project)) == {"partner"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["issue", "mobile"], "the client mobile has a key already; for another token run rf"),
        (["rotate", "other"], "there is no client 'other'; clients: mobile, partner"),
        (["revoke", "other"], "there is no client 'other'; clients: mobile, partner"),
        (["rotate", "partner"], "the client partner has no key; run rf clients issue partner"),
        (["revoke", "partner"], "the client partner has no key; nothing was changed"),
        (["revoke", "mobile", "--old"], "the client mobile has only one key; nothing was changed"),
        (["issue", "Web"], "clients.Web"),
        (["issue", "web", "--days", "0"], "--days"),
        (["issue", "web", "--stack", "moon"], "there is no stack 'moon'"),
        (["issue", "web", "--out", "Pulumi.yaml"], "Pulumi.yaml exists; move it away"),
        (["issue", "web", "--out", "/proc/no/token"], "/proc/no cannot be made"),
    ],
)
def test_what_cannot_be_done_is_said_in_words_and_changes_nothing(
    project: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    run(["clients", "issue", "mobile"])
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    capfd.readouterr()

    assert run(["clients", *arguments]) == 1

    said = capfd.readouterr().err
    assert expected in said
    assert "Traceback" not in said
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("project")
def test_a_third_key_has_to_wait_until_the_first_is_gone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    run(["clients", "issue", "mobile"])
    run(["clients", "rotate", "mobile"])

    assert run(["clients", "rotate", "mobile"]) == 1
    assert "rf clients revoke mobile --old" in capfd.readouterr().err


def test_a_stack_that_is_wrong_already_gets_no_client(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = project / "Pulumi.local.yaml"
    file.write_text(STACK_FILE.replace("300/minute", "often"))

    assert run(["clients", "issue", "mobile"]) == 1
    assert "clients.partner.rate" in capfd.readouterr().err
    assert not (project / ".rf").exists()


def test_the_list_says_whose_token_ends_when_and_how_often_who_may_come() -> None:
    tree = yaml.safe_load(STACK_FILE)["config"][f"{PROJECT}:platform"]
    key = {"public": PUBLIC, "expires": "2030-01-31"}
    tree["services"]["gateway"]["access"]["clients"]["mobile"] = {
        "keys": {"mobile.2": key, "mobile": key | {"expires": "2030-01-01"}}
    }
    access = parse(tree, "Pulumi.local.yaml").settings.services.gateway.access

    assert list(lines(access, 2, datetime(2030, 1, 11, tzinfo=UTC).date())) == [
        "the gateway asks everybody for a token",
        "mobile: no limit",
        "  mobile: EXPIRED on 2030-01-01",
        "  mobile.2: good until 2030-01-31 (20 days)",
        "partner: 300/minute, which is 150/minute at each of 2 gateways",
        "  no key",
    ]
