"""A stack in containers of a real Docker engine, without a registry and without Pulumi."""
