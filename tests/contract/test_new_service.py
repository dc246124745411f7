"""A new service is one class and one line of the catalogue, on both platforms."""

from pathlib import Path

import pulumi
import pytest
from pydantic.dataclasses import dataclass

from components.audience import ImagesArgs
from components.capacity import CapacityArgs
from components.catalogue import CATALOGUE, Catalogue, callers, describe
from components.context import Context
from components.platforms import DockerArgs, KubernetesArgs, Target
from components.platforms.open import open_platform
from components.service import AIService
from components.spec import ServiceSpec
from components.spec.health import Health, HttpCheck
from components.spec.network import Port, Scrape
from components.spec.runs import Resources
from components.types import STRICT, ImageReference
from rf.plan.model import Plan
from rf.plan.record import Config, record

SECRETS = ("redisPassword", "grafanaAdminPassword", "kubeconfig")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class EchoArgs:
    """Settings of a made-up service."""

    image: ImageReference = "example/echo:1.0"


class Echo(AIService[EchoArgs]):
    """A made-up service behind the gateway."""

    service = "echo"
    args_type = EchoArgs

    @classmethod
    def describe(cls, args: EchoArgs, context: Context) -> ServiceSpec:
        del context
        return ServiceSpec(
            name=cls.service,
            track="stable",
            category="inference",
            image=args.image,
            user=1000,
            group=1000,
            ports=(Port(name="http", number=7000),),
            health=Health(ready=HttpCheck(port=7000, path="/", tool="wget")),
            resources=Resources(cpu=1, memory=1),
            scrape=Scrape(port=7000),
        )


def plan_with_echo(target: Target) -> Plan:
    # The one line: anywhere above the gateway that fronts it.
    catalogue: Catalogue = (Echo, *CATALOGUE)

    def program() -> None:
        config = pulumi.Config()
        context = Context(kubernetes=target.kind == "kubernetes")
        entries = describe({}, context, catalogue)
        platform = open_platform(
            "platform",
            target,
            capacity=CapacityArgs(),
            clients=(),
            context=context,
            images=ImagesArgs(),
            secrets={name: config.require_secret(name) for name in SECRETS},
        )
        for entry in entries:
            entry.component(
                entry.spec.name,
                entry.args,
                platform=platform,
                context=entry.context,
                callers=callers(entries, entry.spec),
            )

    secrets = [f"project:{name}" for name in SECRETS]
    return record(program, project="project", stack="test", config=Config({}, secrets))


@pytest.fixture(scope="module", params=["docker", "kubernetes"])
def plan(request: pytest.FixtureRequest) -> Plan:
    return plan_with_echo(DockerArgs() if request.param == "docker" else KubernetesArgs())


def inputs_of(plan: Plan, *names: str) -> str:
    return str([r.inputs for r in plan.resources if r.name in names])


def test_it_exists_with_everything_a_service_has(plan: Plan) -> None:
    (echo,) = [r for r in plan.resources if r.type == "researchflow:index:Echo"]

    assert [r.kind for r in plan.resources if r.parent == echo.urn]
    assert "example/echo:1.0" in inputs_of(plan, "echo", "echo-deployment")


def test_the_gateway_listens_for_it_and_routes_to_it(plan: Plan) -> None:
    files = [
        r.inputs for r in plan.resources if r.name.startswith(("gateway-", "rollout-gateway-"))
    ]

    assert "name: echo_stable" in str(files)
    assert "port_value: 7000" in str(files)


def test_prometheus_scrapes_it(plan: Plan) -> None:
    files = [r.inputs for r in plan.resources if r.name.startswith("prometheus-")]

    assert "job_name: echo" in str(files)


def test_on_kubernetes_the_gateway_and_prometheus_may_reach_it_and_nobody_else() -> None:
    plan = plan_with_echo(KubernetesArgs())

    (policy,) = [r for r in plan.resources if r.name == "echo-network-policy"]
    spec = policy.inputs["spec"]
    assert isinstance(spec, dict)
    assert isinstance(spec["ingress"], list)
    gateway, prometheus = map(str, spec["ingress"])
    assert "'app.kubernetes.io/name': 'gateway'" in gateway
    assert "'app.kubernetes.io/name': 'prometheus'" in prometheus


def test_the_program_itself_is_a_table_of_contents() -> None:
    assert len(Path("__main__.py").read_text().splitlines()) < 40
