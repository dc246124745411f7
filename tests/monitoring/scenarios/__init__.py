"""What each alert does with what it may see: tables that promtool runs."""

from .availability import AVAILABILITY
from .data import DATA
from .delivery import DELIVERY
from .gpu import GPU
from .inference import INFERENCE
from .machines import MACHINES
from .monitoring import MONITORING
from .slo import SLO
from .volumes import VOLUMES

SCENARIOS = (
    *INFERENCE,
    *SLO,
    *AVAILABILITY,
    *GPU,
    *DATA,
    *DELIVERY,
    *MACHINES,
    *VOLUMES,
    *MONITORING,
)
