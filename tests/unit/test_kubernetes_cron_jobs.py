"""CronJobs: runs by the clock, apart from their service's volumes and its rights."""

from dataclasses import replace
from typing import Any

import pytest

from components.platforms.kubernetes.args import DnsArgs, KubernetesArgs
from components.platforms.kubernetes.manifest import Body
from components.spec import ApiAccess, ServiceSpec
from components.spec.mounts import Scratch, SecretFile, Volume
from components.spec.network import Edge, Outside
from components.spec.runs import Resources, ScheduledJob
from tests.unit.kubernetes_objects import cluster, objects, only, pod, service, violations

SAVE = ScheduledJob(
    name="save",
    command=("save", "--all"),
    schedule="0 3 * * *",
    timezone="Europe/Berlin",
    resources=Resources(cpu=1, memory=1),
    timeout_seconds=600,
)
DATA = Volume(name="data", path="/data", size=100)
SECRET = SecretFile(path="/run/secrets/key", template="${redisPassword}")


def saving(**changes: Any) -> ServiceSpec:
    """A service with one run by the clock."""
    return service(scheduled=(replace(SAVE, **changes),), volumes=(DATA,))


def run_of(spec: ServiceSpec) -> Body:
    """The Job that each turn makes."""
    found: Body = only("CronJob", spec)["spec"]["jobTemplate"]["spec"]
    return found


def pod_of(spec: ServiceSpec) -> Body:
    found: Body = run_of(spec)["template"]["spec"]
    return found


def egress_of(spec: ServiceSpec, domain: str = "cluster.local") -> list[Body]:
    on = cluster(args=KubernetesArgs(namespace="ai", dns=DnsArgs(domain=domain)))
    policy = objects(spec, (), on)["NetworkPolicy", "search-stable-save"].body["spec"]
    assert policy["policyTypes"] == ["Egress"]
    found: list[Body] = policy["egress"]
    return found


def test_it_runs_at_its_time_and_never_twice_at_once() -> None:
    spec = only("CronJob", saving())["spec"]

    assert (spec["schedule"], spec["timeZone"]) == ("0 3 * * *", "Europe/Berlin")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] == 3600


def test_it_ends_in_time_and_what_it_leaves_is_limited() -> None:
    spec = saving()
    cron = only("CronJob", spec)["spec"]

    assert run_of(spec)["activeDeadlineSeconds"] == 600
    assert run_of(spec)["backoffLimit"] == 3
    assert (cron["successfulJobsHistoryLimit"], cron["failedJobsHistoryLimit"]) == (1, 3)


def test_its_pod_meets_the_restricted_level_and_has_a_limit() -> None:
    spec = saving()

    assert violations(run_of(spec)["template"]) == []
    (container,) = pod_of(spec)["containers"]
    assert container["command"] == ["save", "--all"]
    assert container["image"] == spec.image
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}


def test_the_volumes_of_its_service_stay_with_the_server() -> None:
    assert "volumes" not in pod_of(saving())


def test_it_goes_to_any_node_while_its_service_is_bound_to_gpus() -> None:
    spec = replace(saving(), resources=Resources(cpu=1, memory=1, gpus=1))

    assert pod(spec)["spec"]["nodeSelector"]
    assert not {"nodeSelector", "tolerations", "affinity"} & pod_of(spec).keys()


def test_its_disk_is_a_claim_that_goes_with_its_pod_soon_after_the_run() -> None:
    spec = saving(disk=Scratch(path="/scratch", size=50))
    (volume,) = pod_of(spec)["volumes"]
    claim = volume["ephemeral"]["volumeClaimTemplate"]["spec"]

    assert claim["resources"] == {"requests": {"storage": "50Gi"}}
    assert claim["accessModes"] == ["ReadWriteOnce"]
    assert run_of(spec)["backoffLimit"] == 0
    assert run_of(spec)["ttlSecondsAfterFinished"] == 3600


def test_a_run_without_a_disk_leaves_its_log_until_the_history_is_full() -> None:
    assert "ttlSecondsAfterFinished" not in run_of(saving())


def test_its_account_is_not_its_servers_and_has_no_token() -> None:
    rule = ApiAccess(resources=("pods",), verbs=("list",))
    spec = replace(saving(account="saver"), api_access=(rule,))
    found = objects(spec)

    assert pod_of(spec)["serviceAccountName"] == "saver"
    assert pod(spec)["spec"]["serviceAccountName"] == "search-stable"
    account = found["ServiceAccount", "saver"].body
    assert account["automountServiceAccountToken"] is False
    subjects = [
        subject["name"]
        for (kind, _), each in found.items()
        if kind == "RoleBinding"
        for subject in each.body["subjects"]
    ]
    assert set(subjects) == {"search-stable"}


def test_two_runs_of_one_account_share_it() -> None:
    runs = tuple(replace(SAVE, name=name, account="saver") for name in ("save", "check"))
    names = [name for kind, name in objects(service(scheduled=runs)) if kind == "ServiceAccount"]

    assert sorted(names) == ["saver", "search-stable"]


def test_its_secrets_are_its_own() -> None:
    spec = saving(secret_files=(SECRET,))
    (volume,) = pod_of(spec)["volumes"]

    assert volume["secret"]["secretName"] == "search-stable-save-run-secrets"
    secret = objects(spec)["Secret", "search-stable-save-run-secrets"]
    assert secret.templates == {"key": "${redisPassword}"}
    assert "stringData" not in secret.body
    assert not pod(spec)["spec"]["volumes"][0].get("secret")


def test_without_permissions_it_reaches_nothing() -> None:
    assert ("NetworkPolicy", "search-stable-save") not in objects(saving())


def test_it_reaches_the_services_it_names_and_nobody_reaches_it() -> None:
    (rule,) = egress_of(saving(talks_to=(Edge(service="search", port=8000),)))

    assert rule["to"][0]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "search"}}
    assert rule["ports"] == [{"protocol": "TCP", "port": 8000}]


def test_with_an_account_it_may_ask_for_the_credentials_of_its_role() -> None:
    (rule,) = egress_of(saving(account="saver"))

    assert rule["to"] == [{"ipBlock": {"cidr": "169.254.170.23/32"}}]
    assert rule["ports"] == [{"protocol": "TCP", "port": 80}]


@pytest.mark.parametrize("host", ["minio.storage.svc", "minio.storage.svc.example.org"])
def test_a_host_that_is_a_service_of_the_cluster_is_let_in_by_its_namespace(host: str) -> None:
    (rule,) = egress_of(saving(outside=(Outside(host=host, port=9000),)), "example.org")

    labels = {"kubernetes.io/metadata.name": "storage"}
    assert rule["to"] == [{"namespaceSelector": {"matchLabels": labels}, "podSelector": {}}]
    assert rule["ports"] == [{"protocol": "TCP", "port": 9000}]


def test_an_address_is_let_in_alone() -> None:
    (rule,) = egress_of(saving(outside=(Outside(host="10.1.2.3", port=9000),)))

    assert rule["to"] == [{"ipBlock": {"cidr": "10.1.2.3/32"}}]


def test_for_any_other_name_its_port_is_open_to_all_but_the_node() -> None:
    (rule,) = egress_of(saving(outside=(Outside(host="s3.example.com", port=9000),)))

    (peer,) = rule["to"]
    assert peer["ipBlock"] == {"cidr": "0.0.0.0/0", "except": ["127.0.0.0/8", "169.254.0.0/16"]}
    assert rule["ports"] == [{"protocol": "TCP", "port": 9000}]


def test_its_name_leaves_room_for_the_names_of_its_jobs() -> None:
    spec = replace(saving(), name="s" * 40, scheduled=(replace(SAVE, name="n" * 20),))

    assert len(only("CronJob", spec)["metadata"]["name"]) <= 52


def test_the_selector_of_the_server_does_not_find_its_pods() -> None:
    spec = saving()
    selector = only("Deployment", spec)["spec"]["selector"]["matchLabels"]

    labels = run_of(spec)["template"]["metadata"]["labels"]
    assert not selector.items() <= labels.items()
