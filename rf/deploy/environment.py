"""The environment the Pulumi CLI runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .folder import LocalFolder

BACKEND = "PULUMI_BACKEND_URL"
PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def names_backend(given: Mapping[str, str]) -> bool:
    """Whether the user says where state lives."""
    return bool(given.get(BACKEND))


def names_passphrase(given: Mapping[str, str]) -> bool:
    """Whether the user says how secrets are encrypted; an empty passphrase is one, too."""
    return any(name in given for name in PASSPHRASES)


def pulumi_environment(
    folder: LocalFolder, given: Mapping[str, str], *, private: bool
) -> dict[str, str]:
    """``given``, with the CLI's home in ``folder`` so that the user's own login is left alone.

    Backend and passphrase stay the user's where the user names them. A ``private`` stack has its
    passphrase in ``folder``; one that a team shares must not depend on a file of one machine.
    """
    environment = {**given, "PULUMI_HOME": str(folder.home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    if not names_backend(given):
        environment[BACKEND] = folder.state.as_uri()
    if private and not names_passphrase(given):
        environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(folder.passphrase)
    return environment
