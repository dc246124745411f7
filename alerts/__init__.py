"""Recording rules and alerts of the platform: Python to Prometheus' YAML.

``python -m alerts`` writes the files of ``alerts/generated`` and the numbers in ``docs/runbooks``;
``python -m alerts --check`` only compares.
"""

from .model import Alert, Facts, Group, Record
from .render import rule_file
from .rules import groups

__all__ = ["Alert", "Facts", "Group", "Record", "groups", "rule_file"]
