"""Accounts: no token and no role, but for the services that list one."""

from components.platforms.kubernetes.access import access
from components.spec import ApiAccess
from tests.unit.kubernetes_objects import (
    CLUSTER,
    JOB,
    job_pod,
    kinds,
    only,
    pod,
    service,
)


def test_an_account_has_no_token_and_no_role() -> None:
    assert only("ServiceAccount", service())["automountServiceAccountToken"] is False
    assert not {"Role", "RoleBinding"} & set(kinds(service()))


def test_api_access_is_exactly_its_rules_in_both_namespaces_of_the_platform_and_no_other() -> None:
    rules = (
        ApiAccess(resources=("pods", "endpoints"), verbs=("get", "list")),
        ApiAccess(group="discovery.k8s.io", resources=("endpointslices",), verbs=("watch",)),
    )
    found = access(service(api_access=rules), CLUSTER)
    roles = {
        each.body["metadata"]["namespace"]: each.body["rules"]
        for each in found
        if each.body["kind"] == "Role"
    }

    assert roles.keys() == {"ai", "ai-node"}
    assert (
        roles["ai"]
        == roles["ai-node"]
        == [
            {"apiGroups": [""], "resources": ["pods", "endpoints"], "verbs": ["get", "list"]},
            {
                "apiGroups": ["discovery.k8s.io"],
                "resources": ["endpointslices"],
                "verbs": ["watch"],
            },
        ]
    )


def test_who_reads_kubelets_has_one_right_on_the_cluster_and_nobody_else_has_any() -> None:
    found = [each.body for each in access(service(kubelet_metrics=True), CLUSTER)]
    wide = {body["kind"]: body for body in found if body["kind"].startswith("Cluster")}

    role, binding = wide["ClusterRole"], wide["ClusterRoleBinding"]
    assert role["rules"] == [{"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]}]
    assert role["metadata"]["name"] == binding["roleRef"]["name"] == binding["metadata"]["name"]
    assert role["metadata"]["name"].startswith("ai-search-stable"), "another platform has its own"
    assert "namespace" not in role["metadata"] | binding["metadata"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "search-stable", "namespace": "ai"}
    ]
    assert not [kind for kind in kinds(service()) if kind.startswith("Cluster")]


def test_a_role_is_bound_to_the_account_of_its_service() -> None:
    rule = ApiAccess(resources=("pods",), verbs=("list",))
    found = access(service(api_access=(rule,)), CLUSTER)
    bindings = [each.body for each in found if each.body["kind"] == "RoleBinding"]

    assert [each["metadata"]["namespace"] for each in bindings] == ["ai", "ai-node"]
    for each in bindings:
        assert each["roleRef"]["name"] == "search-stable"
        assert each["subjects"] == [
            {"kind": "ServiceAccount", "name": "search-stable", "namespace": "ai"}
        ]


def test_no_pod_has_a_token_or_the_addresses_of_others_in_its_environment() -> None:
    spec = service(jobs=(JOB,))

    for template in (pod(spec), job_pod(spec)):
        assert template["spec"]["automountServiceAccountToken"] is False
        assert template["spec"]["enableServiceLinks"] is False


def test_only_a_service_with_rights_has_a_token_and_its_jobs_have_none() -> None:
    rule = ApiAccess(resources=("pods",), verbs=("list",))
    spec = service(api_access=(rule,), jobs=(JOB,))

    assert pod(spec)["spec"]["automountServiceAccountToken"] is True
    assert pod(service(kubelet_metrics=True))["spec"]["automountServiceAccountToken"] is True
    assert job_pod(spec)["spec"]["automountServiceAccountToken"] is False
