"""TLS between services, as specs and manifests say it."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.gateway import Gateway, GatewayArgs
from components.internal_tls.args import InternalTlsArgs, IssuerArgs
from components.internal_tls.names import AUTHORITY, DIRECTORY, LOCAL
from components.monitoring.exporters import (
    OllamaExporter,
    OllamaExporterArgs,
    RedisExporter,
    RedisExporterArgs,
)
from components.monitoring.prometheus import Prometheus, PrometheusArgs
from components.monitoring.pushgateway import Pushgateway, PushgatewayArgs
from components.ollama import Ollama, OllamaArgs
from components.redis import Redis, RedisArgs
from components.rollout.version import version
from components.spec import ServiceSpec, Track
from components.spec.network import Edge
from components.triton import Triton, TritonArgs
from tests.conftest import planned, platform
from tests.e2e.harness.gateway import ENVOY, NO_ENVOY
from tests.unit.kubernetes_objects import objects

PLAIN = Context(kubernetes=True)
TLS = replace(PLAIN, internal_tls=InternalTlsArgs(issuer=IssuerArgs(name="ours")))
SERVERS = ("redis", "ollama", "triton", "faiss")


def servers(context: Context = TLS, track: Track = "stable") -> dict[str, ServiceSpec]:
    pushgateway = Pushgateway.describe(PushgatewayArgs(), context)
    on = replace(context, track=track, peers=(pushgateway,))
    specs = (
        Redis.describe(RedisArgs(), on),
        Ollama.describe(OllamaArgs(), on),
        Triton.describe(TritonArgs(), on),
        Faiss.describe(FaissArgs(), on),
    )
    return {spec.name: spec for spec in specs}


def peers() -> Context:
    return replace(TLS, peers=tuple(servers().values()))


def listening(spec: ServiceSpec) -> dict[tuple[str, int], int]:
    """Where the sidecar of ``spec`` takes connections, and which port of loopback gets them."""
    assert spec.sidecar is not None
    (text,) = (file.content for file in spec.sidecar.files if file.path.endswith("envoy.yaml"))
    found = yaml.safe_load(text)["static_resources"]

    def socket(each: Any) -> tuple[str, int]:
        address = each["address"]["socket_address"]
        return address["address"], address["port_value"]

    inside = {}
    for cluster in found["clusters"]:
        (entry,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
        host, inside[cluster["name"]] = socket(entry["endpoint"])
        assert host == "127.0.0.1"
    return {
        socket(each): inside[each["name"]] for each in found["listeners"] if each["name"] in inside
    }


@pytest.mark.parametrize("name", SERVERS)
def test_whatever_others_call_speaks_tls_under_the_name_of_the_service(name: str) -> None:
    spec = servers()[name]

    called = [port for port in spec.ports if port.name in ("http", "redis", "grpc")]
    assert {port.tls for port in called} == {name}
    assert listening(spec) == {("0.0.0.0", port.number): port.inside for port in called}


@pytest.mark.parametrize("name", SERVERS)
def test_without_the_setting_nothing_of_it_is_there(name: str) -> None:
    spec = servers(PLAIN)[name]

    assert spec.sidecar is None
    assert spec.all_certificates == ()
    assert {(port.tls, port.inside) for port in spec.ports} == {(None, None)}


def test_the_servers_themselves_listen_on_loopback_only() -> None:
    found = servers()

    (conf,) = (file.content for file in found["redis"].files)
    assert {"port 16379", "bind 127.0.0.1"} <= set(conf.splitlines())
    assert found["ollama"].environment["OLLAMA_HOST"] == "127.0.0.1:21434"
    assert f":{21434:X} " in found["ollama"].drain.command[-1]
    assert found["faiss"].environment["LISTEN_ADDRESS"] == "127.0.0.1:15000"
    for option in ("--http-address=127.0.0.1", "--http-port=18000", "--grpc-port=18001"):
        assert option in found["triton"].args[-1]
    assert "--metrics-address=0.0.0.0" in found["triton"].args[-1]


def test_a_version_keeps_its_name_when_it_is_promoted() -> None:
    stable, canary = servers()["ollama"], servers(track="canary")["ollama"]

    assert version(stable) == version(canary)


def test_a_server_starts_after_its_sidecar_and_without_its_certificate() -> None:
    found = objects(servers()["redis"])
    pod = found["Deployment", "redis"].body["spec"]["template"]["spec"]

    (beside,), (server,) = pod["initContainers"], pod["containers"]
    assert (beside["name"], beside["restartPolicy"]) == ("tls", "Always")
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(beside)
    assert DIRECTORY in [mount["mountPath"] for mount in beside["volumeMounts"]]
    assert DIRECTORY not in [mount["mountPath"] for mount in server["volumeMounts"]]
    assert ("Certificate", "redis-internal-tls") in found


def test_kubelet_asks_a_port_with_tls_by_https() -> None:
    pod = objects(servers()["faiss"])["Deployment", "faiss-stable"].body["spec"]["template"]["spec"]

    probe = pod["containers"][0]["readinessProbe"]["httpGet"]
    assert probe == {"path": "/ready", "port": 5000, "scheme": "HTTPS"}


def test_the_gateway_trusts_one_authority_and_one_name_for_each_service() -> None:
    gateway = Gateway.describe(GatewayArgs(), peers())
    (text,) = (file.content for file in gateway.files if file.path.endswith("envoy.yaml"))

    found = {}
    for cluster in yaml.safe_load(text)["static_resources"]["clusters"]:
        if "transport_socket" not in cluster:
            continue
        socket = cluster["transport_socket"]["typed_config"]
        context = socket["common_tls_context"]["combined_validation_context"]
        (name,) = context["default_validation_context"]["match_typed_subject_alt_names"]
        found[cluster["name"]] = (socket["sni"], name["matcher"])

    assert found == {
        f"{name}_{track}": (name, {"exact": name})
        for name in ("ollama", "triton", "faiss")
        for track in ("stable", "canary")
    }
    assert [each.path for each in gateway.certificates] == [DIRECTORY]


def test_servers_on_loopback_are_called_by_a_local_name() -> None:
    gateway = Gateway.describe(GatewayArgs(), peers())
    files = {Path(file.path).name: yaml.safe_load(file.content) for file in gateway.live_files}
    (text,) = (file.content for file in gateway.files if file.path.endswith("envoy.yaml"))
    clusters = yaml.safe_load(text)["static_resources"]["clusters"]

    asked = [each["health_checks"][0] for each in clusters if "health_checks" in each]
    assert {each["http_health_check"]["host"] for each in asked} == {LOCAL}
    for name in ("ollama", "triton", "faiss"):
        (routes,) = files[f"{name}.yaml"]["resources"][0]["virtual_hosts"]
        sent = [each["route"] for each in routes["routes"] if "route" in each]
        assert {each["host_rewrite_literal"] for each in sent} == {LOCAL}


def test_exporters_call_by_tls_and_trust_the_authority() -> None:
    redis = RedisExporter.describe(RedisExporterArgs(), TLS)
    ollama = OllamaExporter.describe(OllamaExporterArgs(), TLS)

    assert redis.environment["REDIS_ADDR"] == "rediss://redis:6379"
    assert redis.environment["REDIS_EXPORTER_TLS_CA_CERT_FILE"] == AUTHORITY
    assert '"rediss://redis:6379"' in redis.secret_files[0].template
    assert ollama.environment["OLLAMA_URL"] == "https://ollama-stable:11434"
    assert ollama.environment["SSL_CERT_FILE"] == AUTHORITY


def test_a_follower_asks_its_writer_by_tls() -> None:
    follower = servers(track="canary")["faiss"]

    assert follower.environment["FAISS_WRITER_URL"] == "https://faiss-stable:5000"
    assert follower.environment["SSL_CERT_FILE"] == AUTHORITY
    names = [each.body["metadata"]["name"] for each in objects(follower).values()]
    assert names.count("faiss-canary-internal-tls") == 1


def test_a_scheduled_backup_asks_by_tls_and_gets_no_key() -> None:
    context = replace(TLS, peers=(Pushgateway.describe(PushgatewayArgs(), TLS),))
    found = objects(Faiss.describe(FaissArgs(), context))
    (body,) = (
        each.body for (kind, name), each in found.items() if kind == "CronJob" and "backup" in name
    )
    pod = body["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    variables = {each["name"]: each["value"] for each in pod["containers"][0]["env"]}
    assert variables["FAISS_URL"] == "https://faiss-stable:5000"
    assert variables["SSL_CERT_FILE"] == AUTHORITY
    (authority,) = (each["secret"] for each in pod["volumes"] if each["name"] == "authority")
    assert authority["items"] == [{"key": "ca.crt", "path": "ca.crt"}]


def test_prometheus_verifies_whom_it_scrapes_and_asks_sidecars_how_long_certificates_last() -> None:
    spec = Prometheus.describe(PrometheusArgs(), peers())
    jobs = {job["job_name"]: job for job in yaml.safe_load(spec.files[0].content)["scrape_configs"]}

    assert jobs["faiss"]["scheme"] == "https"
    assert jobs["faiss"]["tls_config"] == {"ca_file": AUTHORITY, "server_name": "faiss"}
    assert "scheme" not in jobs["triton"]
    assert "server.days_until_first_cert_expiring" in jobs["tls"]["params"]["filter"][0].replace(
        "\\", ""
    )
    assert {Edge(service=name, port=9902) for name in SERVERS} <= set(spec.talks_to)


def test_on_docker_it_is_refused_in_words() -> None:
    tree = platform("local") | {"internal_tls": {"issuer": {"name": "ours"}}}

    with pytest.raises(Exception, match="internal_tls needs cert-manager, and so Kubernetes"):
        planned(tree, "local")


def test_sidecar_and_gateway_run_the_same_envoy_unless_told() -> None:
    issuer = IssuerArgs(name="ours")

    assert InternalTlsArgs(issuer=issuer).image == GatewayArgs().image


@pytest.mark.skipif(ENVOY is None, reason=NO_ENVOY)
@pytest.mark.parametrize("name", SERVERS)
def test_a_real_envoy_accepts_a_sidecar_without_a_warning(name: str, tmp_path: Path) -> None:
    made = trustme.CA().issue_cert(name)
    made.cert_chain_pems[0].write_to_path(str(tmp_path / "tls.crt"))
    made.private_key_pem.write_to_path(str(tmp_path / "tls.key"))
    sidecar = servers()[name].sidecar
    assert sidecar is not None
    for file in sidecar.files:
        text = file.content.replace("/etc/envoy", str(tmp_path)).replace(DIRECTORY, str(tmp_path))
        (tmp_path / Path(file.path).name).write_text(text)

    done = subprocess.run(
        [str(ENVOY), "--mode", "validate", "-c", str(tmp_path / "envoy.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "[warning]" not in done.stderr
