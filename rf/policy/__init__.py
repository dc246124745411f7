"""The policy packs outside the engine: over plans and over Kubernetes YAML files."""
