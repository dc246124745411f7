"""``rf up`` of a stack that a team shares, with a world that only takes notes."""

from pathlib import Path

import pytest

from rf.deploy.deployment import up
from settings import SECRETS
from tests.deployments import (
    BACKEND,
    CLUSTER,
    PACKS,
    World,
    checked,
    refusal,
    write_stack,
)

SHARED = ("redisPassword", "grafanaAdminPassword", "kubeconfig")


def test_a_shared_stack_without_a_backend_is_refused_and_nothing_is_written(
    root: Path, world: World
) -> None:
    write_stack(root, CLUSTER, stack="staging", secrets=SHARED)

    message = refusal(root, world, "staging")

    assert message.startswith("PULUMI_BACKEND_URL is not set; staging is shared")
    assert len(message.splitlines()) == 1
    assert world.calls == []
    assert not (root / ".pulumi-local").exists()


def test_missing_secrets_of_a_shared_stack_are_named_with_their_commands(
    root: Path, world: World
) -> None:
    write_stack(root, CLUSTER, stack="staging", secrets=["redisPassword"])
    world.variables = BACKEND

    message = refusal(root, world, "staging")

    assert message.splitlines() == [
        (
            "Pulumi.staging.yaml: not set: grafanaAdminPassword "
            f"({SECRETS['grafanaAdminPassword']}), kubeconfig ({SECRETS['kubeconfig']}); "
            "set each, at the prompt or with < FILE:"
        ),
        "pulumi config set --stack staging --secret grafanaAdminPassword",
        "pulumi config set --stack staging --secret kubeconfig",
    ]
    assert world.calls == []
    assert not (root / ".pulumi-local").exists()


@pytest.mark.parametrize(("yes", "tail"), [(False, ""), (True, " --yes")])
def test_a_shared_stack_is_asked_about_unless_told_otherwise(
    root: Path, world: World, *, yes: bool, tail: str
) -> None:
    write_stack(root, CLUSTER, stack="staging", secrets=SHARED)
    world.variables = BACKEND

    up(checked(root, "staging"), world.tools, yes=yes)

    assert world.commands == [
        "pulumi stack select --create staging",
        f"pulumi up {PACKS} --stack staging --config-file Pulumi.staging.yaml{tail}",
    ]


def test_a_shared_stack_never_depends_on_a_passphrase_of_this_machine(
    root: Path, world: World
) -> None:
    write_stack(root, CLUSTER, stack="staging", secrets=SHARED)
    world.variables = BACKEND

    up(checked(root, "staging"), world.tools, yes=True)

    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in world.calls[-1].env
    assert not (root / ".pulumi-local/passphrase").exists()
