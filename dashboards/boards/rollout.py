"""Rollout: two versions of a service side by side, and what the gates say of the newer one."""

from __future__ import annotations

from components.gateway.metrics import REQUESTS
from dashboards.model import Board, Panel, Query, Row, State
from dashboards.promql import SERVICE, inference, rate
from dashboards.rows.gateway import NO_REQUESTS
from dashboards.rows.versions import BOTH, BY_TRACK, DONE, SIDE_BY_SIDE

NO_ROLLOUT = "No rollout"
GATES = {
    0: State(text="pass", colour="green"),
    1: State(text="inconclusive", colour="blue"),
    2: State(text="error", colour="orange"),
    3: State(text="fail", colour="red"),
}
STATES = {
    0: State(text="idle", colour="text"),
    1: State(text="running", colour="blue"),
    2: State(text="paused", colour="orange"),
}


def coded(metric: str, label: str, states: dict[int, State], *, by: str) -> str:
    """A number for the value of ``label`` that is in force, as a coloured bar needs one."""
    arms = (
        f'{value} * max by ({by}) ({metric}{{{label}="{state.text}", {SERVICE}}} == 1)'
        if value
        else f'max by ({by}) ({metric}{{{label}="{state.text}", {SERVICE}}} == 1) - 1'
        for value, state in sorted(states.items(), reverse=True)
    )
    return " or ".join(arms)


def waited(state: str) -> str:
    """Seconds since a rollout came into ``state``, while it is in it."""
    since = f'rollout_state_since_timestamp_seconds{{state="{state}", {SERVICE}}}'
    return f"time() - max by (service, feature) ({since})"


WEIGHTS = Row(
    title="Where it stands",
    panels=(
        Panel(
            title="State",
            description="What the rollout controller pushed last, by service or feature.",
            queries=(
                Query(
                    expr=coded("rollout_state", "state", STATES, by="service, feature"),
                    legend="{{service}} {{feature}}",
                ),
            ),
            no_data=NO_ROLLOUT,
            kind="states",
            states=STATES,
        ),
        Panel(
            title="Gates",
            description="The verdict of each gate on the newer version, at the last look.",
            queries=(
                Query(
                    expr=coded("rollout_gate", "verdict", GATES, by="service, feature, gate"),
                    legend="{{service}} {{feature}} {{gate}}",
                ),
            ),
            no_data=NO_ROLLOUT,
            kind="states",
            width=16,
            states=GATES,
        ),
        Panel(
            title="Weights asked",
            description="Per cent of users that each version is to have, as configured.",
            unit="percent",
            queries=(
                Query(
                    expr=f"max by ({BY_TRACK}) (rollout_weight_percent{{{SERVICE}}})", legend=BOTH
                ),
            ),
            no_data=NO_ROLLOUT,
            steps=True,
            maximum=100,
        ),
        Panel(
            title="Shares seen",
            description=(
                "Per cent of the requests that each version had. Users ask unequally often, so "
                "it is near the weight and not equal to it."
            ),
            unit="percent",
            queries=(
                Query(
                    expr=(
                        f"100 * {DONE} / on (service) group_left () "
                        f"({rate(inference(REQUESTS), by='service')} > 0)"
                    ),
                    legend=BOTH,
                ),
            ),
            no_data=NO_REQUESTS,
            maximum=100,
        ),
        Panel(
            title="Seen less asked",
            description=(
                "Percentage points. What stays away from 0 means that a gateway serves other "
                "weights than were asked for."
            ),
            unit="none",
            queries=(
                Query(
                    expr=(
                        f"abs(100 * {DONE} / on (service) group_left () "
                        f"({rate(inference(REQUESTS), by='service')} > 0) "
                        f"- on ({BY_TRACK}) max by ({BY_TRACK}) "
                        f"(rollout_weight_percent{{{SERVICE}}}))"
                    ),
                    legend=BOTH,
                ),
            ),
            no_data=NO_ROLLOUT,
            decimals=1,
        ),
        Panel(
            title="Paused for",
            description="A rollout that waits for somebody to decide.",
            unit="s",
            queries=(Query(expr=waited("paused"), legend="{{service}} {{feature}}"),),
            no_data="Nothing is paused",
            alerts=("RolloutPaused",),
        ),
        Panel(
            title="Running for",
            description="A rollout that moves says so at each step.",
            unit="s",
            queries=(Query(expr=waited("running"), legend="{{service}} {{feature}}"),),
            no_data="Nothing is rolled out",
            alerts=("RolloutStuck",),
        ),
        Panel(
            title="Routes refused",
            description=(
                "Route files that a gateway could not read or would not take, within 15 minutes. "
                "It goes on with the last good ones."
            ),
            unit="short",
            queries=(
                Query(
                    expr=" + ".join(
                        "sum by (envoy_rds_route_config) "
                        f'(increase({metric}{{job=~"$job", instance=~"$instance"}}[15m]))'
                        for metric in (
                            "envoy_http_rds_update_rejected",
                            "envoy_http_rds_update_failure",
                        )
                    ),
                    legend="{{envoy_rds_route_config}}",
                ),
            ),
            no_data="No gateway",
            alerts=("GatewayRefusesConfig",),
        ),
    ),
)

BOARD = Board(
    uid="rollout",
    description="Two versions of a service side by side, and what the gates say of the newer one.",
    jobs=("gateway",),
    rows=(WEIGHTS, SIDE_BY_SIDE),
)
