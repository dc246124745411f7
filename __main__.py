"""ResearchFlow's AI platform: from a stack file to resources."""

import pulumi

import infrastructure
from components.budget import Budget
from components.catalogue import callers
from components.endpoints import endpoints
from components.platforms.open import open_platform
from components.rollout import Rollout
from settings import load

if infrastructure.chosen():
    infrastructure.deploy()
else:
    stack, secrets = load()
    settings, entries = stack.settings, stack.entries
    platform = open_platform(
        "platform",
        settings.target,
        capacity=settings.capacity,
        clients=settings.clients,
        context=settings.context,
        images=settings.images,
        secrets=secrets,
    )

    rollout = Rollout(
        "rollout", settings.rollout, entries=entries, context=settings.context, platform=platform
    )
    for entry in entries:
        entry.create(platform, callers(entries, entry.spec), rollout.delivered(entry.spec))
    Budget("budget", settings.cost, specs=stack.specs, target=settings.target)

    pulumi.export("environment", settings.environment)
    pulumi.export("endpoints", endpoints(stack.specs, settings.target))
    pulumi.export("features", dict(settings.context.features))
    pulumi.export("weights", rollout.weights)
