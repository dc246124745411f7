"""A stack is not deployed to a cluster without an operator it needs, and everybody says so."""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from components.platforms.kubernetes.refresh import connect
from components.platforms.kubernetes.register import RESOURCES
from components.scaling import LoadArgs, ScalingArgs, scaled
from rf.deploy.deployment import up
from rf.errors import BadInputError
from rf.health.examine import Examination
from rf.health.rows import Verdict
from rf.operators import OPERATORS, lacking
from rf.project import find_project
from rf.rollout.clock import SystemClock
from rf.rollout.wiring import Wiring
from tests.deployments import CLUSTER, World, checked, write_project, write_stack
from tests.unit.cluster_api import CERT_MANAGER, KEDA, cluster_api, kubeconfig, serving
from tests.unit.health_objects import specs, well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from components.spec import ServiceSpec
    from tests.unit.cluster_api import ClusterApi

THERE = {
    KEDA: (200, serving("ScaledObject", "ScaledJob")),
    CERT_MANAGER: (200, serving("Certificate", "Issuer")),
}
NEITHER = {
    KEDA: (200, serving("TriggerAuthentication")),
    CERT_MANAGER: (200, serving("Issuer")),
}
NO_KEDA = (
    "ollama-stable: the cluster has no KEDA, it does not serve ScaledObject of keda.sh/v1alpha1; "
    "install it (docs/scaling.md), or remove scaling from the stack file"
)
NO_CERT_MANAGER = (
    "ollama-stable, gateway: the cluster has no cert-manager, it does not serve Certificate of "
    "cert-manager.io/v1; install it (docs/DEPLOYMENT.md), or remove internal_tls and "
    "services.gateway.tls.issuer from the stack file"
)
ARGS = ScalingArgs(load=LoadArgs(in_flight=4, max=2))
SECRETS = ("redisPassword", "grafanaAdminPassword", "kubeconfig")


def needing() -> tuple[ServiceSpec, ...]:
    """Ollama, to be scaled and behind TLS; the gateway with a certificate; Grafana with neither."""
    named = {spec.name: spec for spec in specs("staging")}
    return (scaled(named["ollama"], ARGS), named["gateway"], named["grafana"])


def told(api: ClusterApi) -> tuple[str, ...]:
    return lacking(connect(api.kubeconfig, None), needing())


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (THERE, ()),
        ({CERT_MANAGER: THERE[CERT_MANAGER]}, (NO_KEDA,)),
        ({KEDA: THERE[KEDA]}, (NO_CERT_MANAGER,)),
        ({}, (NO_KEDA, NO_CERT_MANAGER)),
        (NEITHER, (NO_KEDA, NO_CERT_MANAGER)),
    ],
    ids=["both", "no KEDA", "no cert-manager", "neither", "others of both"],
)
def test_a_cluster_is_told_all_that_it_lacks_and_what_to_do(
    answers: Any, said: tuple[str, ...]
) -> None:
    with cluster_api(answers) as api:
        assert told(api) == said


@pytest.mark.parametrize("silent", [KEDA, CERT_MANAGER])
def test_one_that_does_not_answer_the_question_is_not_taken_for_one_that_has_it(
    silent: str,
) -> None:
    with cluster_api({**THERE, silent: (403, {"kind": "Status", "code": 403})}) as api:
        said = told(api)

    assert said == (
        "whether the cluster has KEDA and cert-manager is not known, its API answers 403 Forbidden",
    )


def test_one_that_does_not_answer_at_all_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = connect(kubeconfig(taken.getsockname()[1]), None)

        (said,) = lacking(client, needing())

    assert "its API gives no answer (MaxRetryError)" in said


def test_every_kind_that_is_not_kubernetes_own_is_asked_for() -> None:
    foreign = {kind for kind, made in RESOURCES.items() if isinstance(made, partial)}

    assert {(operator.version, operator.kind) for operator in OPERATORS} == foreign


def test_services_that_need_no_operator_ask_nothing() -> None:
    plain = [spec for spec in needing() if spec.name == "grafana"]

    with cluster_api({}) as api:
        said = lacking(connect(api.kubeconfig, None), plain)

        assert (said, api.asked) == ((), [])


# rf up


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(path=tmp_path / "bin", variables={"PULUMI_BACKEND_URL": "s3://t"}).with_pulumi()


@pytest.fixture
def bare() -> Iterator[ClusterApi]:
    with cluster_api({}) as api:
        yield api


def deployed(tmp_path: Path, world: World, **target: Any) -> int:
    """``rf up staging`` of a stack that scales Ollama, with TLS between services."""
    project = tmp_path / "project"
    project.mkdir()
    tree: Mapping[str, Any] = {
        **CLUSTER,
        "target": {**CLUSTER["target"], "keda": {}, **target},
        "scaling": {"ollama": {"load": {"in_flight": 4, "max": 1}}},
        "internal_tls": {"issuer": {"name": "mine"}},
    }
    root = write_project(project)
    write_stack(root, tree, stack="staging", secrets=SECRETS)
    return up(checked(root, "staging"), world.tools, yes=True)


def test_up_deploys_nothing_to_a_cluster_without_operators(
    tmp_path: Path, world: World, bare: ClusterApi
) -> None:
    world.outputs["pulumi config get researchflow-ai:kubeconfig"] = bare.kubeconfig

    with pytest.raises(BadInputError) as raised:
        deployed(tmp_path, world)

    no_keda, no_cert_manager = str(raised.value).splitlines()
    assert no_keda == f"Pulumi.staging.yaml: nothing was deployed; {NO_KEDA}"
    assert no_cert_manager.startswith("Pulumi.staging.yaml: nothing was deployed; redis, ")
    assert "the cluster has no cert-manager" in no_cert_manager
    assert not any(command.startswith("pulumi up") for command in world.commands)


def test_up_goes_on_where_operators_are(tmp_path: Path, world: World) -> None:
    with cluster_api(THERE) as api:
        world.outputs["pulumi config get researchflow-ai:kubeconfig"] = api.kubeconfig

        assert deployed(tmp_path, world) == 0

    assert world.commands[-1].startswith("pulumi up")


def test_up_asks_the_cluster_that_the_infrastructure_made(
    tmp_path: Path, world: World, bare: ClusterApi
) -> None:
    infrastructure = "organization/researchflow-ai/staging-infra"
    command = "pulumi stack output kubeconfig --show-secrets --stack staging-infra"
    world.outputs[command] = bare.kubeconfig

    with pytest.raises(BadInputError, match="the cluster has no KEDA"):
        deployed(tmp_path, world, infrastructure=infrastructure)

    assert bare.asked == [KEDA, CERT_MANAGER]


def test_up_deploys_nothing_where_nobody_says_which_cluster_it_is(
    tmp_path: Path, world: World
) -> None:
    world.statuses["pulumi config get"] = 1

    with pytest.raises(BadInputError, match="the secret kubeconfig cannot be read"):
        deployed(tmp_path, world)


# rf rollout


def test_a_rollouts_preflight_asks_the_cluster_of_the_environment(
    tmp_path: Path, world: World, bare: ClusterApi
) -> None:
    root = write_project(tmp_path)
    write_stack(root, CLUSTER, stack="staging", secrets=SECRETS)
    file = tmp_path / "kubeconfig"
    file.write_text(bare.kubeconfig)
    world.variables["KUBECONFIG"] = str(file)
    wiring = Wiring(
        project=find_project(root),
        name="staging",
        tools=world.tools,
        clock=SystemClock(),
        say=world.said.append,
    )

    assert wiring.lacking(needing()) == (NO_KEDA, NO_CERT_MANAGER)


# rf health


def test_health_names_each_beside_what_else_is_not_well() -> None:
    reach = well("staging")
    reach.lacks = (NO_KEDA, NO_CERT_MANAGER)

    rows = Examination(specs=needing(), reach=reach, runbooks="docs/runbooks").rows()

    failed = [row for row in rows if row.verdict is Verdict.FAILED]
    assert [(row.subject, row.advice) for row in failed] == [
        ("cluster", NO_KEDA),
        ("cluster", NO_CERT_MANAGER),
    ]
