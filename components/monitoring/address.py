"""Where Prometheus is, for those that are described before it."""

from ..spec import Edge

PROMETHEUS = Edge(service="prometheus", port=9090)
