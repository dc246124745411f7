"""The slow lane: the real engine told to deploy what the Rollout component owns, and no more."""

from rf.rollout.slow_lane import weight_targets
from tests.engine.conftest import on_engine
from tests.engine.deployment import Deployment
from tests.engine.plugins import require_pulumi

require_pulumi()

PROJECT = "researchflow-ai"


@on_engine("staging")
def test_a_weight_is_deployed_and_an_edit_elsewhere_waits(deployed: Deployment) -> None:
    deployed.set("features.ai_inference", 25)
    deployed.set("services.redis.memory", 2)
    targets = [
        word for urn in weight_targets(deployed.stack, PROJECT) for word in ("--target", urn)
    ]

    changes = deployed.up(*targets)

    made = {name for name in changes if not name.startswith("Rollout ")}
    assert made == {"ConfigMap rollout-flags-live-etc-flagd-flags"}
    assert "Deployment redis-deployment" in deployed.up()
