"""Grafana's own builders, imported without their warning.

At import the library recommends its newer schema; Grafana loads only the classic one from files.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import (
        common,
        dashboard,
        prometheus,
        stat,
        statetimeline,
        table,
        text,
        timeseries,
    )
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import common as options
    from grafana_foundation_sdk.models import dashboard as models
    from grafana_foundation_sdk.models.prometheus import PromQueryFormat
    from grafana_foundation_sdk.models.text import TextMode

__all__ = [
    "JSONEncoder",
    "PromQueryFormat",
    "TextMode",
    "common",
    "dashboard",
    "models",
    "options",
    "prometheus",
    "stat",
    "statetimeline",
    "table",
    "text",
    "timeseries",
]
