"""A stand-in for a cluster's API server, as far as it is asked which kinds it serves."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEDA = "/apis/keda.sh/v1alpha1"
CERT_MANAGER = "/apis/cert-manager.io/v1"


def serving(*kinds: str) -> dict[str, Any]:
    """The answer to the question which kinds of an operator there are."""
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "of.whoever.asks/v1",
        "resources": [
            {
                "name": f"{kind.lower()}s",
                "singularName": kind.lower(),
                "namespaced": True,
                "kind": kind,
                "verbs": ["get", "list", "create", "patch", "delete"],
            }
            for kind in kinds
        ],
    }


@dataclass
class ClusterApi:
    """``answers``: status and body by path, 404 for any other; ``asked``: the paths so far."""

    kubeconfig: str
    answers: Mapping[str, tuple[int, Mapping[str, Any]]]
    asked: list[str] = field(default_factory=list)


@contextmanager
def cluster_api(answers: Mapping[str, tuple[int, Mapping[str, Any]]]) -> Iterator[ClusterApi]:
    """It listens until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            status, body = found.answers.get(self.path, (404, {"kind": "Status", "code": 404}))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = ClusterApi(kubeconfig=kubeconfig(server.server_port), answers=answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def kubeconfig(port: int) -> str:
    """The way to an API server on this machine."""
    named = {"name": "test"}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{**named, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{**named, "user": {"token": "made-up"}}],
            "contexts": [{**named, "context": {"cluster": "test", "user": "test"}}],
        }
    )
