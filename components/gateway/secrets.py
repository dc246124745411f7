"""The gateway's certificate among a stack's secrets: refused before anything is made of it."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pulumi

from .tls import CERTIFICATE_SECRET, KEY_SECRET, TlsArgs

Secrets = Mapping[str, pulumi.Output[str]]


def checked(secrets: Secrets, tls: TlsArgs | None, file: str) -> dict[str, pulumi.Output[str]]:
    """``secrets``; where they hold a certificate that is no good, whatever uses it fails in words.

    Their values are known when the program runs under the engine, previews included, and nowhere
    else. ``file`` is where they are set.
    """
    found = dict(secrets)
    if tls is None or tls.issuer is not None:
        return found
    hosts = tls.hosts

    def good(pair: list[str]) -> list[str]:
        # A fifth of a second to load, which only a stack with a certificate spends.
        from .certificate import CertificateError, check  # noqa: PLC0415

        chain, key = pair
        try:
            check(chain, key, hosts, datetime.now(UTC))
        except CertificateError as error:
            raise pulumi.RunError(f"{file}: {error}") from None
        return pair

    pair = pulumi.Output.all(found[CERTIFICATE_SECRET], found[KEY_SECRET]).apply(good)
    found[CERTIFICATE_SECRET] = pair.apply(lambda values: values[0])
    found[KEY_SECRET] = pair.apply(lambda values: values[1])
    return found
