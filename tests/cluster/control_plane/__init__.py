"""A Kubernetes control plane on loopback, whose nodes are simulated by kwok."""
