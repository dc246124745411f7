"""The gateway: Envoy in front of every model server, configured by pure functions."""

from .service import Gateway, GatewayArgs

__all__ = ["Gateway", "GatewayArgs"]
