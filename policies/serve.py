"""What the folder of each pack starts."""

import sys

from pulumi_policy import EnforcementLevel, PolicyPack

from .ahead import refused
from .framework.pack import Run
from .framework.waivers import Waivers
from .packs import PACKS, FileError, read_settings, read_waivers, today


def serve(name: str) -> None:
    """Serve the pack ``name`` to the engine until it ends this process."""
    rules = PACKS[name]
    try:
        waivers, settings = Waivers(read_waivers(), today()), read_settings(rules)
    except FileError as error:
        sys.exit(str(error))
    run = Run(name, rules, waivers, settings, ahead=lambda: refused(name))
    PolicyPack(name=name, policies=run.policies(), enforcement_level=EnforcementLevel.MANDATORY)
