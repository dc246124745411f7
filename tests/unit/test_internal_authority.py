"""The authority for TLS between services that the guide has people make."""

from pathlib import Path

import pytest
import yaml

from components.internal_tls.args import IssuerArgs
from tests.conftest import platform


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_the_authority_of_the_guide_is_the_one_that_the_stacks_name(stack: str) -> None:
    found = list(yaml.safe_load_all(Path("deploy/internal-authority.yaml").read_text()))
    by_kind = {(each["kind"], each["metadata"]["name"]): each["spec"] for each in found}
    issuer = IssuerArgs(**platform(stack)["internal_tls"]["issuer"])

    authority = by_kind["Certificate", issuer.name]
    assert by_kind[issuer.kind, issuer.name]["ca"]["secretName"] == authority["secretName"]
    assert authority["isCA"] is True
    # A renewal with another key would leave what is signed already untrusted.
    assert authority["privateKey"]["rotationPolicy"] == "Never"
