"""TLS between the gateway and a server: one authority is trusted, and one name a service.

The authority is in a file that Envoy watches, so that a new one restarts nothing.
"""

from typing import Any

from ..internal_tls.names import AUTHORITY, DIRECTORY
from ..text import to_yaml
from .tls import SECRET, discovered

SOURCE = "/etc/envoy/authority.yaml"
NAME = "authority"
CONTEXT = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"


def transport_socket(name: str) -> dict[str, Any]:
    """TLS with a server whose certificate says ``name``; no other is talked to."""
    san = {"san_type": "DNS", "matcher": {"exact": name}}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": CONTEXT,
            "sni": name,
            "common_tls_context": {
                "tls_params": {
                    "tls_minimum_protocol_version": "TLSv1_2",
                    # Of its own accord Envoy calls no server with a later one than 1.2.
                    "tls_maximum_protocol_version": "TLSv1_3",
                },
                "combined_validation_context": {
                    "default_validation_context": {"match_typed_subject_alt_names": [san]},
                    "validation_context_sds_secret_config": discovered(NAME, SOURCE),
                },
            },
        },
    }


def authority_source() -> str:
    """The file that tells Envoy where the authority's certificate is, and to watch it."""
    secret = {
        "@type": SECRET,
        "name": NAME,
        "validation_context": {
            "trusted_ca": {"filename": AUTHORITY},
            "watched_directory": {"path": DIRECTORY},
        },
    }
    return to_yaml({"resources": [secret]})
