"""The pack ``security`` as Pulumi starts it, with this folder on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from policies.serve import serve

serve("security")
