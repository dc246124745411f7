"""``rf up`` and ``rf down`` with a world that only takes notes."""

from pathlib import Path

from rf.deploy.deployment import down, up
from rf.deploy.folder import open_folder
from tests.deployments import (
    BACKEND,
    CLUSTER,
    LOCAL,
    PACKS,
    World,
    checked,
    refusal,
    write_stack,
)


def with_docker_left_out(commands: list[str]) -> list[str]:
    return [command for command in commands if not command.startswith("docker")]


def test_the_local_stack_is_opened_given_its_secrets_and_deployed(root: Path, world: World) -> None:
    write_stack(root, LOCAL)

    status = up(checked(root), world.tools, yes=False)

    options = "--stack local --config-file Pulumi.local.yaml"
    assert status == 0
    assert with_docker_left_out(world.commands) == [
        "pulumi stack select --create local",
        f"pulumi config set --secret researchflow-ai:redisPassword {options}",
        f"pulumi config set --secret researchflow-ai:grafanaAdminPassword {options}",
        f"pulumi up --continue-on-error {PACKS} {options} --yes",
    ]


def test_made_up_secrets_are_on_no_command_line_in_no_variable_and_in_no_message(
    root: Path, world: World
) -> None:
    write_stack(root, LOCAL)

    up(checked(root), world.tools, yes=False)

    values = [call.stdin for call in world.calls if "--secret" in call.command]
    seen = [*world.said, *(text for call in world.calls for text in call.command)]
    seen += [text for call in world.calls for text in call.env.values()]
    assert len(set(values)) == 2
    assert all(len(value) >= 43 for value in values), "256 bits in base64"
    assert not any(value in text for value in values for text in seen)


def test_the_passphrase_is_made_once_and_only_its_path_is_handed_on(
    root: Path, world: World
) -> None:
    write_stack(root, LOCAL)

    up(checked(root), world.tools, yes=False)
    passphrase = root / ".pulumi-local/passphrase"
    first = passphrase.read_text()
    up(checked(root), world.tools, yes=False)

    assert passphrase.read_text() == first
    assert passphrase.stat().st_mode & 0o777 == 0o600
    assert world.calls[-1].env["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(passphrase)
    assert not any(first in text for call in world.calls for text in call.env.values())


def test_secrets_that_are_there_are_not_made_up_again(root: Path, world: World) -> None:
    write_stack(root, LOCAL)
    open_folder(checked(root).project)
    write_stack(root / ".pulumi-local", LOCAL, secrets=["redisPassword"])

    up(checked(root), world.tools, yes=False)

    set_names = [call.command[4] for call in world.calls if "--secret" in call.command]
    assert set_names == ["researchflow-ai:grafanaAdminPassword"]


def test_state_and_home_are_inside_the_project(root: Path, world: World) -> None:
    write_stack(root, LOCAL)

    up(checked(root), world.tools, yes=False)

    env = world.calls[-1].env
    assert env["PULUMI_HOME"] == str(root / ".pulumi-local/home")
    assert env["PULUMI_BACKEND_URL"] == (root / ".pulumi-local/state").as_uri()
    assert env["PULUMI_SKIP_UPDATE_CHECK"] == "true"


def test_a_backend_and_a_passphrase_of_the_users_own_are_kept(root: Path, world: World) -> None:
    write_stack(root, LOCAL)
    world.variables = {**BACKEND, "PULUMI_CONFIG_PASSPHRASE": ""}

    up(checked(root), world.tools, yes=False)

    env = world.calls[-1].env
    assert env["PULUMI_BACKEND_URL"] == "s3://the-team"
    assert env["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in env
    assert not (root / ".pulumi-local/passphrase").exists()


def test_the_cli_works_on_a_copy_and_the_committed_file_stays_as_it_is(
    root: Path, world: World
) -> None:
    committed = write_stack(root, LOCAL)
    before = committed.read_bytes()

    up(checked(root), world.tools, yes=False)
    down(checked(root), world.tools, yes=False)

    copies = {
        call.command[call.command.index("--config-file") + 1]
        for call in world.calls
        if "--config-file" in call.command
    }
    assert committed.read_bytes() == before
    assert copies == {str(root / ".pulumi-local/Pulumi.local.yaml")}
    # Creating a stack writes beside the Pulumi.yaml of the folder it happens in.
    assert [call.cwd for call in world.calls if "select" in call.command] == [
        root / ".pulumi-local"
    ]


def test_down_destroys_and_sets_nothing(root: Path, world: World) -> None:
    write_stack(root, LOCAL)

    down(checked(root), world.tools, yes=False)

    assert world.commands == ["pulumi destroy --stack local --config-file Pulumi.local.yaml --yes"]


def test_the_status_of_the_cli_is_handed_back(root: Path, world: World) -> None:
    write_stack(root, LOCAL)
    world.statuses = {"pulumi up": 255, "pulumi destroy": 4}

    assert up(checked(root), world.tools, yes=False) == 255
    assert down(checked(root), world.tools, yes=False) == 4


def test_a_stack_that_cannot_be_opened_is_one_line_with_the_reason(
    root: Path, world: World
) -> None:
    write_stack(root, LOCAL)
    world.statuses = {"pulumi stack select": 1}

    message = refusal(root, world)

    assert message == ("pulumi stack select failed for the stack local: error: what went wrong")
    assert not any(command.startswith("pulumi up") for command in world.commands)


def test_a_second_up_of_the_same_stack_is_kept_out(root: Path, world: World) -> None:
    write_stack(root, LOCAL)
    folder = open_folder(checked(root).project)

    with folder.held("local"):
        message = refusal(root, world)

    assert "another rf up or rf down of local is at work" in message
    assert world.calls == []


def test_what_cannot_be_made_up_is_asked_for_with_the_command_that_sets_it(
    root: Path, world: World
) -> None:
    write_stack(root, {**CLUSTER, "environment": "local"})

    message = refusal(root, world)

    first, command = message.splitlines()
    assert first.startswith("Pulumi.local.yaml: not set: kubeconfig (kubeconfig of the cluster);")
    assert f"PULUMI_BACKEND_URL={(root / '.pulumi-local/state').as_uri()}" in command
    assert f"PULUMI_CONFIG_PASSPHRASE_FILE={root}/.pulumi-local/passphrase" in command
    assert command.endswith(
        f"config set --stack local --config-file {root}/.pulumi-local/Pulumi.local.yaml "
        "--secret kubeconfig"
    )
    assert not any(command.startswith("pulumi up") for command in world.commands)


def test_a_secret_in_plain_text_is_refused_without_its_value(root: Path, world: World) -> None:
    path = write_stack(root, LOCAL)
    text = path.read_text().replace(
        "config:\n", "config:\n  researchflow-ai:redisPassword: hunter2\n"
    )
    path.write_text(text)

    message = refusal(root, world)

    assert "researchflow-ai:redisPassword is a secret in plain text" in message
    assert "hunter2" not in message
