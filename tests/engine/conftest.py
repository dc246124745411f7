"""Every stack, deployed once by the real engine with stand-ins for the provider plugins."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from rf.plan.model import Plan
from rf.plan.run import plan_stacks
from rf.project import find_project
from settings import SECRETS
from tests.conftest import INFRASTRUCTURE
from tests.engine.deployment import Deployment, open_deployment
from tests.engine.plugins import real_docker, write_stand_ins

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{{name: test, cluster: {{server: "https://127.0.0.1:6443"}}}}]
users: [{{name: test, user: {{token: {token}}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
current-context: test
"""
CREDENTIALS = '{{"auths": {{"registry.test": {{"auth": "{token}"}}}}}}'
# The others are passwords, which may be anything.
FORMS = {"kubeconfig": KUBECONFIG, "registryCredentials": CREDENTIALS}

Timed = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class FirstUp:
    """A stack as its first ``up`` left it, what came before that, and what it did."""

    deployment: Deployment
    planned: Plan
    previewed: Mapping[str, Mapping[str, Any]]
    changes: Mapping[str, str]


def on_engine(*stacks: str) -> pytest.MarkDecorator:
    """Runs a test for each of ``stacks``; tests of a stack share its ``up``, so also a worker."""
    params = [
        pytest.param(stack, marks=pytest.mark.xdist_group(f"engine-{stack}")) for stack in stacks
    ]
    return pytest.mark.parametrize("stack", params, indirect=True)


def plant(deployment: Deployment, name: str) -> Deployment:
    """Give the secret ``name`` a value that can be found wherever it turns up."""
    token = f"planted-{token_hex(16)}"
    return deployment.set_secret(
        name, FORMS.get(name, "{token}").format(token=token), planted=token
    )


def with_secrets(deployment: Deployment) -> Deployment:
    """Every secret there is, and a use for each: pulling images needs credentials by choice.

    Infrastructure has none.
    """
    if deployment.stack in INFRASTRUCTURE:
        return deployment
    for name in SECRETS:
        deployment = plant(deployment, name)
    deployment.set("images.pull_secret", "true")
    return deployment


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, first_up: Callable[[str], FirstUp]) -> FirstUp:
    """A deployed stack that all tests share, and none changes."""
    return first_up(request.param)


@pytest.fixture
def deployed(stack: FirstUp, tmp_path: Path) -> Deployment:
    """A copy of a deployed stack, to do with as a test likes."""
    return stack.deployment.copy(tmp_path / "copy")


@pytest.fixture(scope="session")
def first_up(timed: Timed, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], FirstUp]:
    """Plans, previews and deploys a stack, each only once."""
    stand_ins = tmp_path_factory.mktemp("plugins")
    write_stand_ins(stand_ins, ["aws", "docker", "kubernetes"])
    without_docker = tmp_path_factory.mktemp("plugins")
    write_stand_ins(without_docker, ["aws", "kubernetes"])

    @cache
    def made(stack: str) -> FirstUp:
        root = tmp_path_factory.mktemp(stack)
        deployment = with_secrets(open_deployment(root, stack, stand_ins))
        plugins = without_docker if real_docker(root) else stand_ins
        with timed(f"rf plan {stack}"):
            (planned,) = plan_stacks(find_project(deployment.project), [stack])
        with timed(f"pulumi preview {stack}"):
            previewed = replace(deployment, plugins=plugins).preview()
        with timed(f"pulumi up {stack}"):
            changes = deployment.up()
        return FirstUp(deployment=deployment, planned=planned, previewed=previewed, changes=changes)

    return made


@pytest.fixture(scope="session")
def timed(pytestconfig: pytest.Config) -> Timed:
    """Says on the terminal how long something took."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    @contextmanager
    def measured(what: str) -> Iterator[None]:
        begin = time.monotonic()
        yield
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\n{what}: {time.monotonic() - begin:.1f} s")

    return measured
