"""What is down, and what nobody looks at any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mapping import either, named
from .model import Alert, Group

if TYPE_CHECKING:
    from .model import Facts

BOARD = "ai-overview"
HEALTH = "infrastructure-health"
REPLICAS = "kube_deployment_spec_replicas"


def availability(facts: Facts) -> Group:
    """Services, single copies of them, and targets that left discovery."""
    return Group(
        name="availability",
        rules=(service_down(facts), instance_down(facts), missing(facts)),
    )


def service_down(facts: Facts) -> Alert:
    """No copy of a service answers.

    One copy of several is ``InstanceDown``: a new copy that loads its model for minutes is no
    outage. Ollama has no metrics (report D §1.2), so its exporter says whether it answers.
    """
    name = "ServiceDown"
    scraped = "max by (service) (" + named("up") + ")"
    ollama = "max by (service) (" + named("ollama_up", "ollama") + ")"
    measures = either(scraped, ollama) if "ollama-exporter" in facts.jobs else scraped
    return Alert(
        name=name,
        measures=measures,
        condition=unless_asleep(facts.beyond(name, f"({measures})"), facts),
        severity="critical",
        category="infrastructure",
        service="",
        dashboard=BOARD,
        summary="No copy of a service answers.",
        description="{{ $labels.service }}: none of its copies answers.",
    )


def instance_down(facts: Facts) -> Alert:
    """One copy does not answer for longer than any model takes to load."""
    name = "InstanceDown"
    return Alert(
        name=name,
        measures="up",
        condition=facts.beyond(name, named("up")),
        severity="warning",
        category="infrastructure",
        service="",
        dashboard=HEALTH,
        summary="One copy of a service does not answer.",
        description="{{ $labels.service }}: {{ $labels.instance }} does not answer.",
    )


def missing(facts: Facts) -> Alert:
    """A pod that leaves discovery has no ``up`` at all, so nothing is 0 (report D, finding 8)."""
    name = "TargetMissing"
    # absent() keeps the labels of its equality matchers.
    measures = either(*(named(f'absent(up{{job="{job}"}})') for job in sorted(facts.jobs)))
    return Alert(
        name=name,
        measures=measures,
        condition=unless_asleep(facts.beyond(name, f"({measures})"), facts),
        severity="critical",
        category="monitoring",
        service="",
        dashboard=HEALTH,
        summary="A service has disappeared from monitoring.",
        description="{{ $labels.service }}: Prometheus finds no address of it to scrape.",
    )


def unless_asleep(condition: str, facts: Facts) -> str:
    """``condition``, but not for a service that is to have no copy now.

    Where nobody knows whether it is to, it holds.
    """
    asleep = [
        named(f'max({REPLICAS}{{deployment=~"{"|".join(deployments)}"}})', service) + " == 0"
        for service, deployments in sorted(facts.sleepers.items())
    ]
    return f"{condition} unless on (service) ({either(*asleep)})" if asleep else condition
