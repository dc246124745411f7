"""A stack that scales is not deployed to a cluster without KEDA, and everybody says so."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from components.platforms.kubernetes.refresh import connect
from components.scaling import LoadArgs, ScalingArgs, scaled
from rf.deploy.deployment import up
from rf.errors import BadInputError
from rf.health.examine import Examination
from rf.health.rows import Verdict
from rf.keda import lacking
from rf.project import find_project
from rf.rollout.clock import SystemClock
from rf.rollout.wiring import Wiring
from tests.deployments import CLUSTER, World, checked, write_project, write_stack
from tests.unit.cluster_api import KEDA, cluster_api, kubeconfig, serving
from tests.unit.health_objects import specs, well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from components.spec import ServiceSpec
    from tests.unit.cluster_api import ClusterApi

THERE = {KEDA: (200, serving("ScaledObject", "ScaledJob"))}
ARGS = ScalingArgs(load=LoadArgs(in_flight=4, max=2))
SECRETS = ("redisPassword", "grafanaAdminPassword", "kubeconfig")


def scaling() -> tuple[ServiceSpec, ...]:
    return tuple(scaled(spec, ARGS if spec.name == "ollama" else None) for spec in specs("staging"))


def told(api: ClusterApi) -> str | None:
    return lacking(connect(api.kubeconfig, None), scaling())


def test_a_cluster_that_serves_scaled_objects_lacks_nothing() -> None:
    with cluster_api(THERE) as api:
        assert told(api) is None


@pytest.mark.parametrize(
    "answers",
    [{}, {KEDA: (200, serving("TriggerAuthentication"))}],
    ids=["no KEDA", "another KEDA"],
)
def test_one_that_does_not_is_told_what_to_do(answers: Any) -> None:
    with cluster_api(answers) as api:
        said = told(api)

    assert said == (
        "ollama-stable: the cluster has no KEDA, it does not serve ScaledObject of "
        "keda.sh/v1alpha1; install it (docs/scaling.md), or remove scaling from the stack file"
    )


def test_one_that_does_not_answer_the_question_is_not_taken_for_one_that_has_it() -> None:
    with cluster_api({KEDA: (403, {"kind": "Status", "code": 403})}) as api:
        said = told(api)

    assert (
        said
        == "ollama-stable: whether the cluster has KEDA is not known, its API answers 403 Forbidden"
    )


def test_one_that_does_not_answer_at_all_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = connect(kubeconfig(taken.getsockname()[1]), None)

        said = lacking(client, scaling())

    assert said is not None
    assert "its API gives no answer (MaxRetryError)" in said


def test_a_stack_that_scales_nothing_asks_nothing() -> None:
    with cluster_api({}) as api:
        said = lacking(connect(api.kubeconfig, None), specs("staging"))

        assert (said, api.asked) == (None, [])


# rf up


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(path=tmp_path / "bin", variables={"PULUMI_BACKEND_URL": "s3://t"}).with_pulumi()


@pytest.fixture
def without_keda() -> Iterator[ClusterApi]:
    with cluster_api({}) as api:
        yield api


def deployed(tmp_path: Path, world: World, **target: Any) -> int:
    """``rf up staging`` of a stack that scales Ollama."""
    project = tmp_path / "project"
    project.mkdir()
    tree: Mapping[str, Any] = {
        **CLUSTER,
        "target": {**CLUSTER["target"], "keda": {}, **target},
        "scaling": {"ollama": {"load": {"in_flight": 4, "max": 1}}},
    }
    root = write_project(project)
    write_stack(root, tree, stack="staging", secrets=SECRETS)
    return up(checked(root, "staging"), world.tools, yes=True)


def test_up_deploys_nothing_to_a_cluster_without_keda(
    tmp_path: Path, world: World, without_keda: ClusterApi
) -> None:
    world.outputs["pulumi config get researchflow-ai:kubeconfig"] = without_keda.kubeconfig

    with pytest.raises(
        BadInputError, match=r"nothing was deployed; ollama-stable: the cluster has"
    ):
        deployed(tmp_path, world)

    assert not any(command.startswith("pulumi up") for command in world.commands)


def test_up_goes_on_where_keda_is(tmp_path: Path, world: World) -> None:
    with cluster_api(THERE) as api:
        world.outputs["pulumi config get researchflow-ai:kubeconfig"] = api.kubeconfig

        assert deployed(tmp_path, world) == 0

    assert world.commands[-1].startswith("pulumi up")


def test_up_asks_the_cluster_that_the_infrastructure_made(
    tmp_path: Path, world: World, without_keda: ClusterApi
) -> None:
    infrastructure = "organization/researchflow-ai/staging-infra"
    command = "pulumi stack output kubeconfig --show-secrets --stack staging-infra"
    world.outputs[command] = without_keda.kubeconfig

    with pytest.raises(BadInputError, match="the cluster has no KEDA"):
        deployed(tmp_path, world, infrastructure=infrastructure)

    assert without_keda.asked == [KEDA]


def test_up_deploys_nothing_where_nobody_says_which_cluster_it_is(
    tmp_path: Path, world: World
) -> None:
    world.statuses["pulumi config get"] = 1

    with pytest.raises(BadInputError, match="the secret kubeconfig cannot be read"):
        deployed(tmp_path, world)


# rf rollout


def test_a_rollouts_preflight_asks_the_cluster_of_the_environment(
    tmp_path: Path, world: World, without_keda: ClusterApi
) -> None:
    root = write_project(tmp_path)
    write_stack(root, CLUSTER, stack="staging", secrets=SECRETS)
    file = tmp_path / "kubeconfig"
    file.write_text(without_keda.kubeconfig)
    world.variables["KUBECONFIG"] = str(file)
    wiring = Wiring(
        project=find_project(root),
        name="staging",
        tools=world.tools,
        clock=SystemClock(),
        say=world.said.append,
    )

    assert "the cluster has no KEDA" in str(wiring.lacking(scaling()))


# rf health


def test_health_names_it_beside_what_else_is_not_well() -> None:
    reach = well("staging")
    reach.lacks = "ollama-stable: the cluster has no KEDA; install it"

    rows = Examination(specs=scaling(), reach=reach, runbooks="docs/runbooks").rows()

    failed = [row for row in rows if row.verdict is Verdict.FAILED]
    assert [(row.subject, row.answer, row.advice) for row in failed] == [
        ("scaling", "nothing is scaled", reach.lacks)
    ]
