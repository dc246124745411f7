"""``python -m faiss_server``: settings from the environment, then serve until SIGTERM.

With an argument it does one thing and ends: ``openapi`` prints the description of the API,
``install DIRECTORY`` puts a verified snapshot into an empty FAISS_DATA_DIR, ``backup COMMAND``
backs up, restores and drills (see ``backup.command``).
"""

from __future__ import annotations

import json
import os
import ssl
import sys
from pathlib import Path

from . import environment, logs, serving, settings, tls


def main() -> None:
    """Serve; a mistake in the environment ends the process with status 1 and one line."""
    serving.exit_cleanly_on_signals()
    try:
        chosen = settings.read(os.environ)
        # OpenMP keeps a thread count for each thread: omp_set_num_threads in this one would leave
        # the threads that run requests at one per core. The variable, read when faiss is loaded,
        # is the only setting that all of them share.
        os.environ["OMP_NUM_THREADS"] = str(chosen.workers)
        # Threads that wait for work must not spin: requests, the log and followers need the CPUs.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from . import app, index_type  # noqa: PLC0415 - after the variable is set

        index_type.require_valid(chosen.index_type)
    except environment.SettingError as error:
        sys.exit(f"faiss_server: {error}")
    except ImportError as error:
        sys.exit(f"faiss_server: a library cannot be loaded: {' '.join(str(error).split())}")
    logs.configure(chosen.log_level)
    try:
        context = _tls(chosen)
        listener = serving.listen(chosen.host, chosen.port)
    except ssl.SSLError as error:
        sys.exit(f"faiss_server: the certificate and its key cannot be used: {error.reason}")
    except OSError as error:
        sys.exit(f"faiss_server: cannot listen: {error.strerror}")
    serving.serve(app.build(chosen), listener, tls=context)


def _tls(chosen: settings.Settings) -> ssl.SSLContext | None:
    if chosen.tls_certificate is None or chosen.tls_key is None:
        return None
    return tls.context_for(chosen.tls_certificate, chosen.tls_key)


def run(arguments: list[str]) -> None:
    """What the command line asks for."""
    match arguments:
        case []:
            main()
        case ["openapi"]:
            from . import openapi  # noqa: PLC0415 - faiss is loaded with it

            sys.stdout.write(json.dumps(openapi.describe(), indent=1) + "\n")
        case ["install", source]:
            _install(Path(source))
        case ["backup", *rest]:
            from .backup import command  # noqa: PLC0415 - boto3 takes a second, and no server needs it

            sys.exit(command.run(rest, os.environ))
        case _:
            sys.exit("usage: python -m faiss_server [openapi | install DIRECTORY | backup COMMAND]")


def _install(source: Path) -> None:
    from . import errors, installing  # noqa: PLC0415 - faiss is loaded with it

    try:
        chosen = settings.read(os.environ)
        manifest = installing.install_directory(source, chosen.data_directory)
    except (environment.SettingError, errors.Refused) as error:
        sys.exit(f"faiss_server: {error}")
    except OSError as error:
        sys.exit(f"faiss_server: {error.filename}: {error.strerror}")
    sys.stdout.write(f"installed {manifest.version}: {json.dumps(manifest.vectors)}\n")


if __name__ == "__main__":
    run(sys.argv[1:])
