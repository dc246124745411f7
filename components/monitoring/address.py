"""Where Prometheus is, for those that are described before it."""

from ..spec.network import Edge

PROMETHEUS = Edge(service="prometheus", port=9090)
