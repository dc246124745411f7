"""The policy packs of the checkout that this code belongs to: nothing is deployed without them."""

from __future__ import annotations

from pathlib import Path

from policies.packs import PACKS, FileError, every_rule, read_settings, read_waivers

from ..errors import BadInputError

POLICIES = Path(__file__).resolve().parents[2] / "policies"
DESCRIPTION = "PulumiPolicy.yaml"


def pack_options() -> list[str]:
    """What makes the CLI run every pack.

    BadInputError where one is missing, or where a file that they all read is wrong: the CLI would
    run the others without a word, or say less of it.
    """
    for name in PACKS:
        if not (POLICIES / name / DESCRIPTION).is_file():
            raise BadInputError(
                f"the policy pack {name} is missing (policies/{name}/{DESCRIPTION}), and nothing "
                "is deployed without it; restore the checkout"
            )
    try:
        read_settings(every_rule(), POLICIES)
        read_waivers(POLICIES)
    except FileError as error:
        raise BadInputError(str(error)) from None
    return [word for name in PACKS for word in ("--policy-pack", str(POLICIES / name))]
