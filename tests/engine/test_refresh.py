"""After a change of a live file the engine has kubelets deliver it at once, or says what failed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from components.platforms.kubernetes.refresh import ANNOTATION
from tests.engine.conftest import KUBECONFIG, on_engine
from tests.engine.deployment import Deployment
from tests.engine.plugins import require_pulumi

require_pulumi()

TOKEN = "planted-refresh-token"


@dataclass
class ApiStandIn:
    """Stands in for a cluster's API: one pod for whoever asks, and a note of every patch.

    What a real API server makes of such a patch is the cluster tier's business, and what a real
    kubelet makes of it the node tier's.
    """

    patches: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Path, field manager and annotations of each."""

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The URL at which it answers."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                labels = parse_qs(urlsplit(self.path).query)["labelSelector"][0]
                pod = {"metadata": {"name": labels.rpartition("=")[2] + "-1"}}
                self.answer({"metadata": {}, "items": [pod]})

            def do_PATCH(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                url = urlsplit(self.path)
                manager = parse_qs(url.query)["fieldManager"][0]
                api.patches.append((url.path, manager, body["metadata"]["annotations"]))
                self.answer({"metadata": {"name": "patched"}})

            def answer(self, body: object) -> None:
                content = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def pointed_at(deployed: Deployment, url: str) -> Deployment:
    kubeconfig = KUBECONFIG.format(token=TOKEN).replace("https://127.0.0.1:6443", url)
    return deployed.set_secret("kubeconfig", kubeconfig, planted=TOKEN)


@on_engine("staging")
def test_a_changed_percentage_touches_the_pods_that_read_it(deployed: Deployment) -> None:
    api = ApiStandIn()
    with api.serving() as url:
        deployed = pointed_at(deployed, url)
        deployed.set("features.ai_inference", 25)
        deployed.up()

    ((path, manager, annotations),) = api.patches
    assert path == "/api/v1/namespaces/researchflow-ai-staging/pods/flags-1"
    assert manager == "rf-weights"
    assert len(annotations[ANNOTATION]) == 8


@on_engine("staging")
def test_an_api_that_does_not_answer_is_a_warning_and_no_failure(deployed: Deployment) -> None:
    deployed = pointed_at(deployed, "http://127.0.0.1:1")
    deployed.set("features.ai_inference", 25)

    changes = deployed.up()

    assert changes["ConfigMap rollout-flags-live-etc-flagd-flags"] == "update"
