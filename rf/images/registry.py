"""Asks a registry which content a tag names.

Source: OCI Distribution Specification 1.1 ("Pulling manifests") and the token authentication of
the Distribution project (distribution/docs/content/spec/auth/token.md).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import parse_dict_header

from .reference import DOCKER_HUB, Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .credentials import Login

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""What is accepted, an index first: its digest fits every processor architecture."""
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TIMEOUT_S = (5, 30)
"""To connect, and between two bytes of an answer."""
ADDRESS = {DOCKER_HUB: "registry-1.docker.io"}


class RegistryError(Exception):
    """Why a registry gives no digest, to be read after the names of image and registry."""


@dataclass(frozen=True, kw_only=True)
class Registries:
    """All registries, each asked with the login for it, where there is one."""

    logins: Mapping[str, Login]

    def digest(self, reference: Reference) -> str:
        """The digest of the manifest that ``reference``'s tag names; RegistryError otherwise."""
        host = ADDRESS.get(reference.registry, reference.registry)
        path = f"/v2/{reference.repository}/manifests/{reference.tag}"
        url = f"{_scheme(host)}://{host}{path}"
        login = self.logins.get(reference.registry)
        with requests.Session() as session:
            session.headers["Accept"] = ", ".join(MANIFESTS)
            # No proxy leads to this machine.
            session.trust_env = not _is_loopback(urlsplit(url).hostname or "")
            try:
                return _digest(session, url, reference, login)
            except requests.RequestException as error:
                raise RegistryError(_network_problem(error)) from None


class _Bearer(AuthBase):
    """A token, or none. Requests takes a login from ~/.netrc where it is given no ``auth``."""

    def __init__(self, token: str | None = None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _digest(session: requests.Session, url: str, reference: Reference, login: Login | None) -> str:
    auth: AuthBase = _Bearer()
    answer = _request(session, "HEAD", url, auth)
    if answer.status_code == requests.codes.unauthorized:
        auth = _answer_challenge(session, answer, reference, login)
        answer = _request(session, "HEAD", url, auth)
    _require_found(answer, login)
    digest = answer.headers.get("Docker-Content-Digest")
    if digest is None:
        # The header is optional; the digest is the hash of the manifest's bytes in any case.
        answer = _request(session, "GET", url, auth)
        _require_found(answer, login)
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind not in MANIFESTS:
        raise RegistryError(f"answers with {kind or 'no media type'}, which is no image manifest")
    if not DIGEST.fullmatch(digest):
        raise RegistryError(f"answers with {digest!r}, which is no sha256 digest")
    return digest


def _request(
    session: requests.Session,
    method: str,
    url: str,
    auth: AuthBase,
    params: Mapping[str, str] | None = None,
) -> requests.Response:
    answer = session.request(
        method, url, params=params, auth=auth, timeout=TIMEOUT_S, allow_redirects=True
    )
    for hop in (*answer.history, answer):
        _require_safe(hop.url)
    return answer


def _answer_challenge(
    session: requests.Session,
    refusal: requests.Response,
    reference: Reference,
    login: Login | None,
) -> AuthBase:
    """What to send along, according to the WWW-Authenticate header of a refusal."""
    scheme, _, rest = refusal.headers.get("WWW-Authenticate", "").partition(" ")
    basic = HTTPBasicAuth(login.user.encode(), login.password.encode()) if login else None
    if scheme.lower() == "basic":
        if basic is None:
            raise RegistryError(_refused(login))
        return basic
    challenge = parse_dict_header(rest)  # type: ignore[no-untyped-call]
    realm = challenge.get("realm")
    if scheme.lower() != "bearer" or not realm:
        raise RegistryError("asks for a kind of authentication that rf does not know")
    _require_safe(realm)
    question = {"scope": challenge.get("scope") or f"repository:{reference.repository}:pull"}
    if challenge.get("service"):
        question["service"] = str(challenge["service"])
    answer = _request(session, "GET", realm, basic or _Bearer(), question)
    if answer.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
        raise RegistryError(_refused(login))
    return _Bearer(_token(answer))


def _token(answer: requests.Response) -> str:
    try:
        content = answer.json()
        token = content.get("token") or content.get("access_token")
    except (requests.JSONDecodeError, AttributeError):
        token = None
    if not answer.ok or not isinstance(token, str):
        host = urlsplit(answer.url).hostname
        raise RegistryError(f"its token server {host} gives no token (status {answer.status_code})")
    return token


def _require_found(answer: requests.Response, login: Login | None) -> None:
    match answer.status_code:
        case requests.codes.ok:
            return
        case requests.codes.not_found:
            raise RegistryError("has no such repository or tag")
        case requests.codes.unauthorized | requests.codes.forbidden:
            raise RegistryError(_refused(login))
        case requests.codes.too_many_requests:
            raise RegistryError("answers no more for now (status 429); repeat later, or log in")
        case status:
            raise RegistryError(f"answers with status {status}")


def _refused(login: Login | None) -> str:
    if login:
        return "has no such repository, or refuses the login in Docker's config.json"
    return "has no such repository, or wants a login; docker login writes it to config.json"


def _scheme(host: str) -> str:
    """Plain HTTP is for registries on this machine only."""
    return "http" if _is_loopback(urlsplit(f"//{host}").hostname or "") else "https"


def _require_safe(url: str) -> None:
    """Refuse an answer that came, or a login that would go, in clear over a network."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        raise RegistryError(f"leads to {parts.scheme}://{parts.hostname}, which is not encrypted")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _network_problem(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "does not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "has no valid certificate"
    if isinstance(error, requests.exceptions.ProxyError):
        return "cannot be reached through the proxy"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return f"cannot be asked ({type(error).__name__})"
