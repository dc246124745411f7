"""``python -m ollama_exporter``: settings from the environment, then serve until SIGTERM."""

from __future__ import annotations

import os
import sys

from . import app, environment, logs, serving, settings


def main() -> None:
    """Serve; a mistake in the environment ends the process with status 1 and one line."""
    serving.exit_cleanly_on_signals()
    try:
        chosen = settings.read(os.environ)
        listener = serving.listen(chosen.host, chosen.port)
    except environment.SettingError as error:
        sys.exit(f"ollama_exporter: {error}")
    except OSError as error:
        sys.exit(f"ollama_exporter: cannot listen: {error.strerror}")
    logs.configure(chosen.log_level)
    serving.serve(app.build(chosen.target), listener)


if __name__ == "__main__":
    main()
