"""Asks every Ollama server behind a name how it is, within one deadline."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl

import httpx

from .readings import (
    PS,
    TAGS,
    VERSION,
    Down,
    MalformedAnswerError,
    Reading,
    Up,
    available_models,
    loaded_models,
    own_version,
)
from .settings import Target, join

TIMEOUT_SECONDS = 5.0
"""For everything, the name included: Prometheus gives up on a scrape after 10 s by default."""

log = logging.getLogger(__name__)


def client(target: Target) -> httpx.AsyncClient:
    """A client that goes straight to the address, afresh each time, in no more than our time.

    TLS is verified as OpenSSL is told to: SSL_CERT_FILE names another authority than the system's,
    and is read anew for each client.
    """
    return httpx.AsyncClient(
        trust_env=False,
        verify=ssl.create_default_context() if target.scheme == "https" else False,
        timeout=TIMEOUT_SECONDS,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


async def poll(
    http: httpx.AsyncClient, target: Target, timeout: float = TIMEOUT_SECONDS
) -> list[Reading]:
    """One reading for each address of ``target``, in order; never empty, never raises.

    A name that does not resolve yields one ``Down`` whose address is the name itself.
    """
    deadline = asyncio.get_running_loop().time() + timeout
    late = f"no answer within {timeout:g} s"
    try:
        async with asyncio.timeout_at(deadline):
            addresses = await _addresses(target)
    except TimeoutError:
        readings: list[Reading] = [Down(address=target.authority, reason=f"name: {late}")]
    except (OSError, UnicodeError) as error:
        readings = [Down(address=target.authority, reason=f"name: {error}")]
    else:
        one = [_read(http, target, address, deadline, late) for address in addresses]
        readings = await asyncio.gather(*one)
    for reading in readings:
        if isinstance(reading, Down):
            fields = {"instance_address": reading.address, "reason": reading.reason}
            log.warning("Ollama is down", extra={"fields": fields})
    return readings


async def _addresses(target: Target) -> list[str]:
    """The addresses of one family, IPv4 where there is any, so that a replica counts once."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    by_family = {
        family: {str(sockaddr[0]) for kind, _, _, _, sockaddr in found if kind == family}
        for family in (socket.AF_INET, socket.AF_INET6)
    }
    return sorted(by_family[socket.AF_INET] or by_family[socket.AF_INET6])


async def _read(
    http: httpx.AsyncClient, target: Target, address: str, deadline: float, late: str
) -> Reading:
    authority = join(address, target.port)
    try:
        async with asyncio.timeout_at(deadline):
            return Up(
                address=authority,
                available=available_models(await _get(http, target, authority, TAGS)),
                loaded=loaded_models(await _get(http, target, authority, PS)),
                version=await _version(http, target, authority),
            )
    except (TimeoutError, httpx.TimeoutException):
        return Down(address=authority, reason=late)
    except MalformedAnswerError as error:
        return Down(address=authority, reason=str(error))
    except httpx.HTTPError as error:
        return Down(address=authority, reason=str(error) or type(error).__name__)


async def _version(http: httpx.AsyncClient, target: Target, authority: str) -> str:
    """What the server calls itself; a server that does not say is up all the same."""
    try:
        return own_version(await _get(http, target, authority, VERSION))
    except MalformedAnswerError as error:
        fields = {"instance_address": authority, "reason": str(error)}
        log.debug("Ollama does not say its version", extra={"fields": fields})
        return ""


async def _get(http: httpx.AsyncClient, target: Target, authority: str, path: str) -> bytes:
    answer = await http.get(
        f"{target.scheme}://{authority}{path}",
        # Behind a proxy on its own machine, Ollama answers 403 where the Host is no local one.
        headers={"host": "localhost"},
        # The certificate is for the name, not for the address.
        extensions={"sni_hostname": target.host},
    )
    if answer.status_code != httpx.codes.OK:
        raise MalformedAnswerError(path, f"answered {answer.status_code}")
    return answer.content
