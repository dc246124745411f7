"""What the tests of the gateway's door share: clients, and its configuration in parts."""

from dataclasses import replace
from datetime import date
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric import ec

from components.context import Context, Environment
from components.faiss import Faiss, FaissArgs
from components.gateway import Gateway, GatewayArgs
from components.gateway.access import AccessArgs, ClientAccessArgs, KeyArgs
from components.gateway.keys import CURVE, text_of
from components.ollama import Ollama, OllamaArgs
from components.spec import ServiceSpec
from components.triton import Triton, TritonArgs

PUBLIC = text_of(ec.generate_private_key(CURVE()).public_key())
KEY = KeyArgs(public=PUBLIC, expires=date(2030, 1, 1))
CLIENTS = {
    "mobile": ClientAccessArgs(rate="300/minute", keys={"mobile": KEY, "mobile.2": KEY}),
    "partner": ClientAccessArgs(rate="10/second"),
    "batch": ClientAccessArgs(keys={"batch": KEY}),
}


def described(environment: Environment = "local", **args: Any) -> ServiceSpec:
    """The gateway before Ollama, Triton and FAISS."""
    context = Context(environment=environment)
    peers = (
        Ollama.describe(OllamaArgs(), context),
        Triton.describe(TritonArgs(), context),
        Faiss.describe(FaissArgs(), context),
    )
    return Gateway.describe(GatewayArgs(**args), replace(context, peers=peers))


def asking(clients: dict[str, ClientAccessArgs] | None = None, **args: Any) -> ServiceSpec:
    """The gateway that asks for tokens."""
    clients = CLIENTS if clients is None else clients
    return described(access=AccessArgs(required=True, clients=clients), **args)


def content(spec: ServiceSpec, name: str) -> Any:
    """One of its files, parsed."""
    return yaml.safe_load(next(f.content for f in spec.files if f.path.endswith(f"/{name}.yaml")))


def listeners(spec: ServiceSpec) -> dict[str, Any]:
    """Its listeners by name."""
    found = content(spec, "envoy")["static_resources"]["listeners"]
    return {listener["name"]: listener for listener in found}


def filters(spec: ServiceSpec, listener: str) -> list[dict[str, Any]]:
    """The HTTP filters of a listener, in order."""
    (chain,) = listeners(spec)[listener]["filter_chains"]
    found: list[dict[str, Any]] = chain["filters"][0]["typed_config"]["http_filters"]
    return found


def virtual_host(spec: ServiceSpec, name: str) -> Any:
    """The one virtual host of a route file."""
    return content(spec, name)["resources"][0]["virtual_hosts"][0]
