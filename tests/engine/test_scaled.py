"""The real engine leaves the number of replicas to whoever scales them."""

from tests.engine.conftest import on_engine
from tests.engine.deployment import Deployment, title
from tests.engine.plugins import require_pulumi

require_pulumi()


def replicas(deployed: Deployment) -> int:
    (found,) = [
        each["inputs"]["spec"]["replicas"]
        for each in deployed.state().values()
        if title(each) == "Deployment gateway-deployment"
    ]
    return int(found)


@on_engine("staging")
def test_the_number_of_replicas_is_set_once_and_then_left_to_the_scaler(
    deployed: Deployment,
) -> None:
    deployed.set("target.keda.namespace", "keda")
    deployed.set("scaling.gateway.load.in_flight", 50)
    deployed.set("scaling.gateway.load.max", 3)
    scaled = deployed.up()

    deployed.set("services.gateway.replicas", 2)
    more = deployed.up()

    assert scaled["ScaledObject gateway-scaled-object"] == "create"
    assert "Deployment gateway-deployment" not in scaled | more
    assert more["ScaledObject gateway-scaled-object"] == "update"
    assert replicas(deployed) == 1
    assert deployed.up() == {}
