"""The program in ``docs/use-from-another-program.md`` runs, and makes what the page says."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from rf.plan.model import Plan, Resource, leaves
from rf.plan.record import Config, record

PAGE = Path("docs/use-from-another-program.md")


def example() -> str:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return str(code)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    program = tmp_path_factory.mktemp("program") / "__main__.py"
    program.write_text(example())
    plain = {"pulumi:disable-default-providers": '["*"]'}

    return record(
        lambda: runpy.run_path(str(program), run_name="__main__"),
        project="assistant",
        stack="dev",
        config=Config(plain, ["assistant:kubeconfig"]),
    )


def one(plan: Plan, kind: str, name: str) -> Resource:
    (found,) = (each for each in plan.resources if (each.kind, each.name) == (kind, name))
    return found


def namespaces(plan: Plan) -> dict[str, Any]:
    """The namespace of every Kubernetes object that lives in one, by kind and name."""
    metadata: dict[str, Any] = {
        f"{each.kind} {each.name}": each.inputs["metadata"]
        for each in plan.resources
        if each.type.startswith("kubernetes:")
    }
    return {name: found["namespace"] for name, found in metadata.items() if "namespace" in found}


def test_it_is_about_ten_statements() -> None:
    statements = [line for line in example().splitlines() if re.match(r"\w", line)]

    assert len(statements) <= 11


def test_ollama_is_a_component_at_the_top_with_all_that_it_needs_below_it(plan: Plan) -> None:
    ollama = one(plan, "Ollama", "ollama")

    children = sorted(each.kind for each in plan.resources if each.parent == ollama.urn)

    assert ollama.type == "researchflow:index:Ollama"
    assert ollama.parent == plan.urn
    assert children == [
        "ConfigMap",
        "Deployment",
        "Job",
        "NetworkPolicy",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ]


def test_the_closed_namespaces_belong_to_the_platform(plan: Plan) -> None:
    parent = one(plan, "KubernetesPlatform", "assistant").urn

    children = {each.name for each in plan.resources if each.parent == parent}

    assert {"assistant-namespace", "assistant-default-deny", "assistant-quota"} <= children


def test_nothing_is_made_but_by_the_programs_own_provider(plan: Plan) -> None:
    provider = one(plan, "Provider", "kubernetes").urn

    others = [
        each.urn
        for each in plan.resources
        if each.custom and each.urn != provider and not str(each.provider).startswith(provider)
    ]

    assert others == []


def test_ollama_lives_in_the_namespace_that_the_program_names(plan: Plan) -> None:
    found = {name: where for name, where in namespaces(plan).items() if " ollama" in name}

    assert found
    assert set(found.values()) == {"assistant"}
    assert set(namespaces(plan).values()) == {"assistant", "assistant-node"}


def test_only_the_named_caller_reaches_ollama(plan: Plan) -> None:
    policy: Any = one(plan, "NetworkPolicy", "ollama-network-policy").inputs

    (ingress,) = policy["spec"]["ingress"]
    (peer,) = ingress["from"]
    assert peer["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "chat"}}
    assert [port["port"] for port in ingress["ports"]] == [11434]


def test_an_argument_reaches_the_server_and_the_address_is_an_output(plan: Plan) -> None:
    values = [value for _, value in leaves(one(plan, "Deployment", "ollama-deployment").inputs)]

    assert "30m" in values
    assert plan.outputs == {"ollama": "http://ollama-stable:11434"}
