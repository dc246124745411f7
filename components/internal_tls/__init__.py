"""TLS between services: a sidecar before each server, and an authority that callers trust.

See docs/decisions/0006.
"""
