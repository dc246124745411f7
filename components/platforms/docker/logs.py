"""Where a container's lines go: to a file that Docker rotates and, where wanted, to a collector.

The daemon sends, so no container needs its socket, which is root's. It sends datagrams: a collector
that is slow or away loses lines and holds up nothing, where a stream that cannot be opened would
keep every container from starting. ``docker logs`` answers either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from ...spec.runs import Job
    from .place import Kwargs, Place

FILES = 30


def kept(place: Place) -> Kwargs:
    """On the machine only, rotated and compressed (guide, "Log Rotation")."""
    options = {"max-size": place.args.log_max_size, "max-file": str(FILES), "compress": "true"}
    return {"log_driver": "json-file", "log_opts": options}


def sent(spec: ServiceSpec, parts: tuple[str, ...], place: Place, job: Job | None = None) -> Kwargs:
    """To the collector too, where there is one; ``parts`` tell copies apart.

    The collector's own lines are only kept: it would send what it says of a failure to send.
    """
    port = place.syslog_port
    if port is None or any(each.udp and each.number == port for each in spec.ports):
        return {}
    address = f"[{place.args.address}]" if ":" in place.args.address else place.args.address
    name = f"{spec.name}-{job.name}" if job else spec.instance
    options = {
        "syslog-address": f"udp://{address}:{port}",
        "syslog-format": "rfc5424micro",
        # A field of syslog has 32 characters (RFC 5424, MSGID).
        "tag": "-".join((name, *parts))[:32],
        "cache-max-size": place.args.log_max_size,
        "cache-max-file": str(FILES),
        "cache-compress": "true",
    }
    return {"log_driver": "syslog", "log_opts": options}
