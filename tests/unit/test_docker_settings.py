"""The settings of Docker as a platform, and the credentials its provider gets."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from components.platforms.docker.args import DockerArgs
from components.platforms.docker.provider import registry_auth


def test_credentials_are_given_for_every_registry_they_name() -> None:
    config = json.dumps({"auths": {"two.example": {}, "one.example": {}}})

    assert registry_auth(config) == [
        {"address": "one.example", "config_file_content": config},
        {"address": "two.example", "config_file_content": config},
    ]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"])
def test_ports_may_be_published_on_one_address(address: str) -> None:
    assert TypeAdapter(DockerArgs).validate_python({"address": address}).address == address


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "localhost", "192.0.2.0/24", ""])
def test_ports_may_not_be_published_on_every_address(address: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(DockerArgs).validate_python({"address": address})
