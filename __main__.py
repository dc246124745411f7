"""ResearchFlow's AI platform: from a stack file to resources."""

import pulumi

from components.catalogue import callers
from components.endpoints import endpoints
from components.platforms.open import open_platform
from settings import load

stack, secrets = load()
settings = stack.settings

platform = open_platform(
    "platform",
    settings.target,
    capacity=settings.capacity,
    clients=settings.clients,
    context=settings.context,
    images=settings.images,
    secrets=secrets,
)

for entry in stack.entries:
    entry.component(
        entry.spec.name,
        entry.args,
        platform=platform,
        context=entry.context,
        callers=callers(stack.entries, entry.spec),
    )

pulumi.export("environment", settings.environment)
pulumi.export("endpoints", endpoints([entry.spec for entry in stack.entries], settings.target))
pulumi.export("features", dict(settings.context.features))
