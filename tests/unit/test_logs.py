"""What the log collector promises: it reads as kubectl does, sends by HTTPS, and keeps secrets."""

import re
from dataclasses import replace

import pytest

from components.catalogue import describe
from components.context import SYSLOG_PORT, Context, GpuArgs, LogsArgs
from components.files import secret_names
from components.gateway.service import OWN_LOG
from components.monitoring.logs import (
    CONFIG,
    INSTANCE,
    TOKEN_FILE,
    LogCollector,
    LogCollectorArgs,
    config,
)
from components.platforms.docker.args import DockerArgs
from components.platforms.docker.container import job_container, service_container
from components.platforms.docker.place import Place
from components.spec import ApiAccess, ServiceSpec

URL = "https://logs.example.com/loki/api/v1/push"
LOGS = LogsArgs(url=URL)
CLUSTER = Context(kubernetes=True, namespace="ai", node_namespace="ai-node", logs=LOGS)
MACHINE = Context(logs=LOGS)
SENDING = Place(args=DockerArgs(), environment="local", syslog_port=SYSLOG_PORT)
KEEPING = Place(args=DockerArgs(), environment="local")


def collector(context: Context) -> ServiceSpec:
    return LogCollector.describe(LogCollectorArgs(), context)


def blocks(text: str) -> list[str]:
    """The top-level blocks of an Alloy file, by component and label; braces must match."""
    found, depth = [], 0
    for line in text.splitlines():
        if depth == 0 and line.endswith("{"):
            found.append(line.removesuffix(" {"))
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        depth += bare.count("{") - bare.count("}")
        assert depth >= 0, line
    assert depth == 0
    return found


def test_lines_stay_on_the_node_unless_a_store_is_named() -> None:
    assert not LogCollector.wanted(Context())
    assert LogCollector.wanted(MACHINE)
    assert LogCollector.wanted(CLUSTER)


def test_in_a_cluster_it_may_read_pods_and_their_logs_and_sees_no_path_of_the_node() -> None:
    spec = collector(CLUSTER)

    assert spec.api_access == (
        ApiAccess(resources=("pods",), verbs=("get", "list", "watch")),
        ApiAccess(resources=("pods/log",), verbs=("get",)),
    )
    assert spec.host_mounts == ()
    assert spec.privileged_reason is None
    assert spec.user != 0
    assert [port.number for port in spec.ports] == [12345]


def test_on_a_machine_it_has_no_access_to_docker_and_hears_its_daemon_on_one_address() -> None:
    spec = collector(MACHINE)
    (syslog,) = (port for port in spec.ports if port.udp)

    container = service_container(spec, 0, SENDING)

    assert spec.api_access == ()
    assert spec.host_mounts == ()
    assert syslog.published == SYSLOG_PORT
    assert container["ports"] == [
        {"internal": 1514, "external": 1514, "ip": "127.0.0.1", "protocol": "udp"}
    ]


@pytest.mark.parametrize(
    ("context", "components"),
    [
        (
            CLUSTER,
            [
                "logging",
                'discovery.kubernetes "pods"',
                'discovery.relabel "pods"',
                'loki.source.kubernetes "pods"',
                'loki.write "store"',
            ],
        ),
        (
            MACHINE,
            [
                "logging",
                'loki.relabel "containers"',
                'loki.source.syslog "containers"',
                'loki.write "store"',
            ],
        ),
    ],
    ids=["cluster", "machine"],
)
def test_lines_go_from_where_they_are_written_to_the_store(
    context: Context, components: list[str]
) -> None:
    text = config(context, LOGS)

    assert blocks(text) == components
    assert f'url = "{URL}"' in text
    assert "forward_to = [loki.write.store.receiver]" in re.sub(" +", " ", text)


def test_it_looks_into_the_platforms_own_namespaces_only() -> None:
    assert 'names = ["ai", "ai-node"]' in config(CLUSTER, LOGS)


def test_its_own_lines_are_not_sent_or_a_failure_to_send_would_never_end() -> None:
    own = 'regex         = "log-collector"\n    action        = "drop"'
    assert own in config(CLUSTER, LOGS)
    assert service_container(collector(MACHINE), 0, SENDING)["log_driver"] == "json-file"


@pytest.mark.parametrize("user", [None, "1234"], ids=["token", "user"])
@pytest.mark.parametrize("context", [CLUSTER, MACHINE], ids=["cluster", "machine"])
def test_its_configuration_names_the_file_of_the_secret_and_holds_none(
    context: Context, user: str | None
) -> None:
    logs = LogsArgs(url=URL, user=user)
    spec = LogCollector.describe(
        LogCollectorArgs(), Context(kubernetes=context.kubernetes, logs=logs)
    )
    (file,) = spec.files
    (secret,) = spec.secret_files

    assert file.path == CONFIG
    assert secret_names(secret.template) == ("logsToken",)
    assert secret.path == TOKEN_FILE
    assert file.content.count(TOKEN_FILE) == 1
    assert "${" not in file.content
    assert ("password_file" if user else "bearer_token_file") in file.content


def test_every_container_of_a_machine_is_sent_under_a_name_that_syslog_takes() -> None:
    specs = [entry.spec for entry in describe({}, MACHINE)]

    sent = [service_container(spec, 0, SENDING) for spec in specs if spec.name != "log-collector"]
    sent += [job_container(spec, job, SENDING) for spec in specs for job in spec.jobs]

    assert {container["log_driver"] for container in sent} == {"syslog"}
    tags = [container["log_opts"]["tag"] for container in sent]
    assert len(set(tags)) == len(tags)
    assert all(re.fullmatch(r"[!-~]{1,32}", tag) for tag in tags)


def test_what_is_sent_can_still_be_read_on_the_machine_and_is_rotated_as_before() -> None:
    spec = next(entry.spec for entry in describe({}, MACHINE) if entry.spec.name == "redis")

    sent = service_container(spec, 0, SENDING)["log_opts"]
    kept = service_container(spec, 0, KEEPING)["log_opts"]

    assert sent["syslog-address"] == "udp://127.0.0.1:1514"
    assert {key.removeprefix("cache-"): sent[key] for key in sent if "cache" in key} == {
        "max-size": kept["max-size"],
        "max-file": kept["max-file"],
        "compress": kept["compress"],
    }


@pytest.mark.parametrize(
    ("name", "job", "track"),
    [
        ("redis", "redis", None),
        ("ollama-stable", "ollama", "stable"),
        ("triton-canary-2", "triton", "canary"),
        ("gateway-2", "gateway", None),
        ("log-collector", "log-collector", None),
        ("ollama-models", "ollama-models", None),
    ],
)
def test_a_containers_name_says_whose_line_it_is(name: str, job: str, track: str | None) -> None:
    found = re.fullmatch(INSTANCE, name)

    assert found is not None
    assert (found[1], found[2]) == (job, track)


def test_a_store_is_reached_by_https_on_the_one_port_that_leaves_the_platform() -> None:
    for url in ("http://logs.example.com/push", "https://logs.example.com:3100/push"):
        with pytest.raises(ValueError, match="url"):
            LogsArgs(url=url)


JSON_BY = {
    "alertmanager": "--log.format=json",
    "dcgm-exporter": "DCGM_EXPORTER_LOG_FORMAT=json",
    "flags": "--log-format=json",
    "gateway": OWN_LOG,
    "grafana": "GF_LOG_CONSOLE_FORMAT=json",
    "log-collector": 'format = "json"',
    "node-exporter": "--log.format=json",
    "prometheus": "--log.format=json",
    "pushgateway": "--log.format=json",
    "redis-exporter": "REDIS_EXPORTER_LOG_FORMAT=json",
}
"""What makes a server log JSON lines."""
OURS = {"faiss", "ollama-exporter"}
"""They log nothing else; tests/services reads each line of theirs as JSON."""
NO_JSON = {
    "kube-state-metrics": "Kubernetes' own text (klog)",
    "ollama": "text of key=value pairs",
    "redis": "text",
    "triton": "text",
}
"""Servers that have no such format."""


def test_every_server_that_can_logs_json_lines() -> None:
    context = replace(CLUSTER, gpu=GpuArgs())
    specs = {entry.spec.name: entry.spec for entry in describe({}, context)}

    assert {*JSON_BY, *OURS, *NO_JSON} == set(specs)
    for name, sign in JSON_BY.items():
        spec = specs[name]
        variables = [f"{key}={value}" for key, value in spec.environment.items()]
        said = [*spec.command, *spec.args, *variables, *(file.content for file in spec.files)]
        assert any(sign in re.sub(" +", " ", each) for each in said), name
