"""The gateway's certificate, as Envoy is told of it."""

import shutil
import subprocess
from pathlib import Path

import pytest
import trustme

from components.files import fill
from components.gateway.tls import TlsArgs
from components.internal_tls.args import IssuerArgs
from tests.unit.gateway_objects import asking, content, described, listeners

HTTPS = TlsArgs(hosts=("ai.example.com", "gateway"))
ENVOY = shutil.which("envoy", path=".venv/bin")


def test_with_a_certificate_the_guides_ports_speak_tls_and_the_others_do_not() -> None:
    found = listeners(asking(tls=HTTPS))

    speaking = [
        name for name, each in found.items() if "transport_socket" in each["filter_chains"][0]
    ]
    assert speaking == ["ollama", "triton", "faiss"]
    context = found["ollama"]["filter_chains"][0]["transport_socket"]["typed_config"]
    common = context["common_tls_context"]
    assert common["tls_params"] == {"tls_minimum_protocol_version": "TLSv1_2"}
    assert {port.name: port.tls for port in asking(tls=HTTPS).ports} == {
        "ollama": "ai.example.com",
        "triton": "ai.example.com",
        "faiss": "ai.example.com",
        "stats": None,
    }


def test_the_certificate_is_two_watched_files_of_secrets() -> None:
    spec = described(tls=HTTPS)

    assert {file.path: file.template for file in spec.secret_files} == {
        "/etc/envoy/tls/tls.crt": "${gatewayCertificate}",
        "/etc/envoy/tls/tls.key": "${gatewayKey}",
    }
    assert all(file.watched for file in spec.secret_files)
    (secret,) = content(spec, "certificate")["resources"]
    assert secret["tls_certificate"]["watched_directory"] == {"path": "/etc/envoy/tls"}
    assert spec.certificates == ()


def test_a_certificate_of_an_issuer_is_in_the_same_place_and_no_secret_of_the_stack() -> None:
    spec = described(tls=TlsArgs(hosts=HTTPS.hosts, issuer=IssuerArgs(name="letsencrypt")))

    assert spec.secret_files == ()
    (certificate,) = spec.certificates
    assert certificate.path == "/etc/envoy/tls"
    assert (certificate.issuer, certificate.kind) == ("letsencrypt", "ClusterIssuer")
    assert certificate.hosts == HTTPS.hosts


@pytest.mark.skipif(ENVOY is None, reason="no envoy for this machine on the package index")
def test_a_real_envoy_accepts_all_of_it_without_a_warning(tmp_path: Path) -> None:
    made = trustme.CA().issue_cert("ai.example.com")
    secrets = {
        "gatewayCertificate": made.cert_chain_pems[0].bytes().decode(),
        "gatewayKey": made.private_key_pem.bytes().decode(),
    }
    spec = asking(tls=HTTPS)
    found = {file.path: file.content for file in spec.files}
    found |= {file.path: fill(file.template, secrets) for file in spec.secret_files}
    for path, text in found.items():
        target = tmp_path / Path(path).relative_to("/etc/envoy")
        target.parent.mkdir(exist_ok=True)
        target.write_text(text.replace("/etc/envoy", str(tmp_path)))

    done = subprocess.run(
        [str(ENVOY), "--mode", "validate", "-c", str(tmp_path / "envoy.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "[warning]" not in done.stderr
