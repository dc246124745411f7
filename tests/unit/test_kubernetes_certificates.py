"""Certificates that cert-manager keeps."""

from dataclasses import replace

import pytest

from components.platforms.docker.args import DockerArgs
from components.platforms.docker.platform import DockerPlatform
from components.spec import ServiceSpec
from components.spec.mounts import Certificate
from rf.plan.record import record
from tests.conftest import planned, platform
from tests.plan_projects import Group
from tests.unit.kubernetes_objects import kinds, objects, service

WANTED = Certificate(
    path="/etc/search/tls",
    hosts=("search.example.com", "search"),
    issuer="letsencrypt",
    kind="ClusterIssuer",
)


def with_certificate() -> ServiceSpec:
    return service(certificates=(WANTED,))


def test_the_issuer_is_asked_for_the_names_and_for_a_key_that_changes_with_each_renewal() -> None:
    body = objects(with_certificate())["Certificate", "search-stable-tls"].body

    assert body["apiVersion"] == "cert-manager.io/v1"
    assert body["spec"] == {
        "secretName": "search-stable-tls",
        "dnsNames": ["search.example.com", "search"],
        "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"},
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
    }


def test_what_it_ends_up_in_is_mounted_as_a_directory_and_rolls_nothing() -> None:
    found = objects(with_certificate())["Deployment", "search-stable"]
    template = found.body["spec"]["template"]

    (mount,) = template["spec"]["containers"][0]["volumeMounts"]
    assert mount == {"name": "certificate-tls", "mountPath": "/etc/search/tls", "readOnly": True}
    (volume,) = template["spec"]["volumes"]
    assert volume["secret"] == {"secretName": "search-stable-tls", "defaultMode": 0o440}
    assert "annotations" not in template["metadata"]
    assert found.templates == {}


def test_a_certificate_without_hosts_is_for_all_names_that_dns_has_for_the_service() -> None:
    internal = replace(WANTED, hosts=(), name="internal-tls")

    body = objects(service(certificates=(internal,)))["Certificate", "search-stable-internal-tls"]

    assert body.body["spec"]["dnsNames"] == [
        "search",
        "search-stable",
        "search-stable.ai",
        "search-stable.ai.svc",
        "search-stable.ai.svc.cluster.local",
    ]


def test_without_a_certificate_there_is_no_such_object() -> None:
    assert "Certificate" not in kinds(service())


def test_the_plan_shows_it_as_it_would_be_sent_and_needs_no_key() -> None:
    tree = platform("staging")
    gateway = {"tls": {"hosts": ["ai.example.com"], "issuer": {"name": "mine", "kind": "Issuer"}}}
    plan = planned(tree | {"services": tree["services"] | {"gateway": gateway}})

    (found,) = (each for each in plan.resources if each.name == "gateway-certificate-tls")
    assert found.type == "kubernetes:cert-manager.io/v1:Certificate"
    assert found.inputs["apiVersion"] == "cert-manager.io/v1"
    assert found.inputs["kind"] == "Certificate"
    assert not [each for each in plan.resources if each.name == "gateway-secret-etc-envoy-tls"]


def test_a_machine_with_docker_has_no_issuer() -> None:
    def program() -> None:
        machine = DockerPlatform("platform", DockerArgs(), environment="local", secrets={})
        machine.realise(with_certificate(), (), Group("group", {}))

    with pytest.raises(ValueError, match="cert-manager, which needs Kubernetes"):
        record(program, project="demo", stack="dev")
