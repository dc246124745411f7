"""A bucket that cannot even be asked: a line, and no traceback. The rest needs an S3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rf.rollout.store import StoreError
from rf.rollout.store.bucket import opened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_PROFILE", "nobody", "nobody"),
        ("AWS_ENDPOINT_URL", "no address", "Invalid endpoint"),
    ],
)
def test_what_the_environment_says_wrongly_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.setenv(name, value)

    with pytest.raises(StoreError, match=f"^s3://records cannot be asked: .*{said}"):
        opened("records", "rollouts")
