"""One line of JSON on standard output for each request of a client.

No line holds anything that a client or a server has said of its own accord but method, path and
status: no query string, header, body, user or credential. A path names a model at most.
``client_name`` is whom the platform itself has named in the token.
"""

from typing import Any

from .authentication import CLAIMS, TOKEN_FILTER

TYPE = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"

FIELDS = {
    "time": "%START_TIME%",
    "request": "%STREAM_ID%",
    "method": "%REQ(:METHOD)%",
    "path": "%PATH(NQ)%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "cluster": "%UPSTREAM_CLUSTER%",
    "server": "%UPSTREAM_HOST%",
    "tries": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "milliseconds": "%DURATION%",
    "first_byte_milliseconds": "%RESPONSE_DURATION%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "client_name": f"%DYNAMIC_METADATA({TOKEN_FILTER}:{CLAIMS}:sub)%",
}


def access_log() -> dict[str, Any]:
    """The logger, as Envoy takes it. Docker and the kubelet rotate what it writes."""
    return {
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": TYPE,
            "log_format": {"json_format": dict(FIELDS), "omit_empty_values": True},
        },
    }
