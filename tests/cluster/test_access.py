"""What services may ask of the API server, said by its own authoriser."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from components.platforms.kubernetes.naming import INSTANCE
from tests.cluster.api import Ref

if TYPE_CHECKING:
    from tests.cluster.platform import Platform

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

VERBS = ("get", "list", "watch", "create", "delete")
WIDE = ("nodes", "nodes/metrics", "nodes/proxy", "nodes/stats", "nodes/log", "namespaces", "pods")
KUBELETS = ("get", "nodes/metrics")
RESOURCES = ("pods", "secrets", "configmaps", "deployments.apps", "roles.rbac.authorization.k8s.io")


def test_each_service_has_the_rights_of_its_spec_within_the_platform_and_no_others(
    platform: Platform,
) -> None:
    places = (*platform.namespaces, "kube-system")
    rules = {spec.instance: spec.api_access for spec in platform.specs}
    rules |= {run.account: () for spec in platform.specs for run in spec.runs if run.account}
    wrong = []
    for body in platform.objects:
        if body["kind"] != "ServiceAccount":
            continue
        account = Ref.of(body)
        meant = {
            (verb, f"{resource}.{rule.group}" if rule.group else resource, namespace)
            for rule in rules[account.name]
            for verb, resource, namespace in product(
                rule.verbs, rule.resources, platform.namespaces
            )
        }
        wrong += [
            (account.name, *asked)
            for asked in product(VERBS, RESOURCES, places)
            if platform.api.may(account, *asked) != (asked in meant)
        ]

    assert wrong == []


def test_who_reads_kubelets_has_that_right_on_the_cluster_and_nobody_any_other(
    platform: Platform,
) -> None:
    accounts = [Ref.of(body) for body in platform.objects if body["kind"] == "ServiceAccount"]
    reading = {spec.instance for spec in platform.specs if spec.kubelet_metrics}

    found = {
        (account.name, *asked)
        for account in accounts
        for asked in product(VERBS, WIDE)
        if platform.api.may(account, *asked)
    }

    assert found == {(name, *KUBELETS) for name in reading}
    assert reading == {"prometheus"}


def test_only_pods_with_rights_have_a_token(platform: Platform) -> None:
    with_token = {
        pod["metadata"]["labels"][INSTANCE]
        for pod in platform.pods()
        for volume in pod["spec"].get("volumes", ())
        if "projected" in volume
    }

    assert with_token == {spec.instance for spec in platform.specs if spec.has_token}
    assert with_token
