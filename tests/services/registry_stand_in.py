"""A stand-in for a registry with a token server, for what a real one on loopback cannot show.

It plays the part of the token authentication of the Distribution project, and answers with
whatever it is told to.
"""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"
TOKEN = "token-of-the-stand-in"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(kw_only=True)
class RegistryStandIn:
    """Wants a token from ``realm`` where ``private``, then answers with ``status`` and ``headers``.

    The token server gives a token to the login ``user`` and, where there is none, to everybody.
    """

    private: bool = True
    user: tuple[str, str] | None = None
    token_answer: tuple[int, bytes] = (200, json.dumps({"token": TOKEN}).encode())
    realm: str | None = None
    challenge: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Listen on a free port of loopback."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, with every connection."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._server.server_port}"

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for one request."""
        if asked.path == "/token":
            status, body = self.token_answer
            wanted = self.user and basic(*self.user)
            if wanted and asked.headers.get("authorization") != wanted:
                status, body = 401, b""
            return status, {"Content-Type": "application/json"}, body
        if self.private and asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"WWW-Authenticate": self.challenge or self._challenge(asked)}, b""
        return self.status, {"Content-Type": INDEX, **self.headers}, self.body

    def _challenge(self, asked: Asked) -> str:
        repository = asked.path.removeprefix("/v2/").partition("/manifests/")[0]
        realm = self.realm or f"http://{self.host}/token"
        scope = f"repository:{repository}:pull,push"
        return f'Bearer realm="{realm}",service="the stand-in",scope="{scope}"'


def basic(user: str, password: str) -> str:
    """The Authorization header of a login."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _handler(stand_in: RegistryStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(url.query))
            asked = Asked(method=self.command, path=url.path, query=query, headers=headers)
            stand_in.asked.append(asked)
            status, sent, body = stand_in.answer(asked)
            self.send_response(status)
            for name, value in sent.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = respond  # noqa: N815 the names that the base class looks for

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
