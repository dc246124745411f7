"""``python -m faiss_server``: settings from the environment, then serve until SIGTERM."""

from __future__ import annotations

import os
import sys

from . import logs, serving, settings


def main() -> None:
    """Serve; a mistake in the environment ends the process with status 1 and one line."""
    serving.exit_cleanly_on_signals()
    try:
        chosen = settings.read(os.environ)
        # OpenMP keeps a thread count for each thread: omp_set_num_threads in this one would leave
        # the threads that run requests at one per core. The variable, read when faiss is loaded,
        # is the only setting that all of them share.
        os.environ["OMP_NUM_THREADS"] = str(chosen.workers)
        from . import app, index_type  # noqa: PLC0415 - after the variable is set

        index_type.require_valid(chosen.index_type)
    except settings.SettingError as error:
        sys.exit(f"faiss_server: {error}")
    except ImportError as error:
        sys.exit(f"faiss_server: a library cannot be loaded: {' '.join(str(error).split())}")
    try:
        listener = serving.listen(chosen.host, chosen.port)
    except OSError as error:
        sys.exit(f"faiss_server: cannot listen: {error.strerror}")
    logs.configure(chosen.log_level)
    serving.serve(app.build(chosen), listener)


if __name__ == "__main__":
    main()
