"""Health as Docker knows it: one command, run inside the container for as long as it lives.

Docker restarts nothing that is unhealthy; the status gates ``pulumi up`` and is shown to people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...spec.health import ExecCheck, HttpCheck, NoCheck, NoTool

if TYPE_CHECKING:
    from ...spec.health import Check, Health, Tool
    from .place import Kwargs

INTERVAL = 5
TIMEOUT = 5
RETRIES = 3

Test = tuple[str, ...]

# Only bash's own redirections, for images that have no HTTP client.
_BASH = (
    "exec 3<>/dev/tcp/127.0.0.1/{port} && "
    "printf 'GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && "
    "read -r _ status _ <&3 && [[ $status == 2* ]]"
)
# Only a socket: to load an HTTP client takes four times as long, and a check shares the CPU limit
# of the server. A bad answer is said in one line, not as a traceback.
_PYTHON = (
    "import socket; s = socket.create_connection(('127.0.0.1', {port}), {timeout}); "
    "s.sendall(b'GET {path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n'); "
    "line = s.makefile('rb').readline(); raise SystemExit(line[8:10] != b' 2' and line)"
)


def check(health: Health) -> Test | NoTool:
    """Docker's health test: ``ready``, or ``startup`` where nothing inside can ask ``ready``."""
    ready = probe(health.ready)
    if isinstance(ready, NoTool) and health.startup is not None:
        startup = probe(health.startup)
        return ready if isinstance(startup, NoTool) else startup
    return ready


def probe(check: Check) -> Test | NoTool:
    """The command that asks ``check``, or why there is none."""
    match check:
        case ExecCheck(command=command):
            return ("CMD", *command)
        case HttpCheck(tool=NoTool() as missing):
            return missing
        case HttpCheck(port=port, path=path, tool=str() as tool):
            return ("CMD", *_get(tool, port, path))
        case NoCheck(reason=reason):
            return NoTool(reason=reason)
    raise TypeError(check)


def _get(tool: Tool, port: int, path: str) -> Test:
    url = f"http://127.0.0.1:{port}{path}"
    match tool:
        case "wget":
            # A GET: --spider would send HEAD, which not every server answers. No -T: busybox 1.35
            # crashes over it, and Docker ends a check that takes too long by itself.
            return ("wget", "-q", "-O", "/dev/null", url)
        case "curl":
            return ("curl", "-fsS", "--max-time", str(TIMEOUT), "-o", "/dev/null", url)
        case "python":
            return ("python3", "-c", _PYTHON.format(port=port, path=path, timeout=TIMEOUT))
        case "bash":
            return ("bash", "-c", _BASH.format(port=port, path=path))


def healthcheck(test: Test, startup_seconds: int) -> Kwargs:
    """Docker's health check. Failures within ``startup_seconds`` do not count."""
    return {
        "tests": list(test),
        "interval": go_duration(INTERVAL),
        "timeout": go_duration(TIMEOUT),
        "start_period": go_duration(startup_seconds),
        "retries": RETRIES,
    }


def wait_seconds(startup_seconds: int) -> int:
    """How long ``pulumi up`` waits for health: the last check begun in time may still finish."""
    return startup_seconds + INTERVAL + TIMEOUT


def go_duration(seconds: int) -> str:
    """``90`` as ``1m30s``: what Go prints, and so what the provider reads back and compares."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
