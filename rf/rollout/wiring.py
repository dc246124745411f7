"""Joins a stack to the world that its rollouts act on. Nothing here decides anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from components.gateway.bootstrap import STATS_PORT

from ..deploy import deployment
from ..errors import BadInputError
from .effects.models import LoadedModels
from .effects.prometheus import Prometheus
from .effects.pushgateway import Pushgateway
from .history import history
from .log import Log
from .notify import Everybody
from .readings import STATISTICS
from .settings_file import StackFile
from .slow_lane import PulumiDeployer
from .store.folder import FolderStore
from .world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubernetes.client import ApiClient

    from components.spec import ServiceSpec

    from ..deploy.deployment import Tools
    from ..project import Project
    from ..stacks import CheckedStack
    from .clock import SystemClock
    from .core import Counts
    from .effects import Delivery, Gateways, InsideEach
    from .store import Store
    from .subject import Subject

LOGS = "logs"


@dataclass(kw_only=True)
class Wiring:
    """What a stack's settings lead to; each part is opened when it is wanted.

    ``may_read_state``: whether the Pulumi CLI may be asked, which leaves files in the project.
    """

    project: Project
    name: str
    tools: Tools
    clock: SystemClock
    say: Callable[[str], None]
    may_read_state: bool = True

    @property
    def desired(self) -> StackFile:
        """What is wanted."""
        return self.file

    @cached_property
    def file(self) -> StackFile:
        """The stack file."""
        return StackFile(self.project, self.name)

    @cached_property
    def checked(self) -> CheckedStack:
        """The stack as it was when this began."""
        return self.file.checked()

    @cached_property
    def store(self) -> Store:
        """Where records are kept."""
        args = self.checked.stack.settings.rollout.store
        on_cluster = self.checked.stack.settings.target.kind == "kubernetes"
        kind = args.kind or ("cluster" if on_cluster else "folder")
        if kind == "folder":
            return FolderStore(self.project.root / args.folder)
        if kind == "bucket":
            # Takes long to import, and few stacks need it.
            from .store.bucket import opened

            return opened(str(args.bucket), args.prefix)
        if not on_cluster:
            raise BadInputError(
                f"{self.checked.config.file}: rollout.store.kind is cluster, but the target is "
                "docker; use folder or bucket"
            )
        from .store.cluster import ClusterStore

        return ClusterStore(self._client, self.checked.stack.settings.context.namespace)

    @cached_property
    def gateways(self) -> Gateways:
        """The gateways' statistics."""
        if self.checked.stack.settings.target.kind == "kubernetes":
            from .effects.cluster import ClusterGateways

            return ClusterGateways(
                self._client,
                self.checked.stack.settings.context.namespace,
                self._gateway.instance,
                port=STATS_PORT,
                path=STATISTICS,
            )
        from ..targets import connect, containers
        from .effects.machine import MachineGateways

        names = containers(self.checked, self._gateway)
        return MachineGateways(connect(), names, port=STATS_PORT, path=STATISTICS)

    @cached_property
    def delivery(self) -> Delivery:
        """The fast lane."""
        if self.checked.stack.settings.target.kind == "kubernetes":
            from ..targets import cluster
            from .effects.cluster import ClusterDelivery

            return ClusterDelivery(self._client, cluster(self.checked))
        from ..targets import connect, place
        from .effects.machine import MachineDelivery

        return MachineDelivery(connect(), place(self.checked))

    @cached_property
    def inside(self) -> InsideEach:
        """The way to services that are reached only from inside the platform."""
        if self.checked.stack.settings.target.kind == "kubernetes":
            from .effects.cluster import ClusterInside

            return ClusterInside(self._client, self.checked.stack.settings.context.namespace)
        from ..targets import connect, containers
        from .effects.machine import MachineInside

        through, *_ = containers(self.checked, self._gateway)
        return MachineInside(connect(), through, lambda spec: containers(self.checked, spec)[0])

    def lacking(self, specs: Sequence[ServiceSpec]) -> tuple[str, ...]:
        """What the platform itself lacks to run ``specs`` as they are meant, and what to do."""
        if self.checked.stack.settings.target.kind != "kubernetes":
            return ()
        from ..operators import lacking

        return lacking(self._client, specs)

    def metrics(self, say: Callable[[str], None]) -> Pushgateway:
        """Where the rollout's own metrics are kept; ``say`` is told when they are not."""
        return Pushgateway(
            self.inside,
            self._spec("pushgateway"),
            say=say,
            now=lambda: self.clock.now().timestamp(),
        )

    def history(
        self, subject: Subject, until: float, say: Callable[[str], None] | None = None
    ) -> dict[str, tuple[Counts, ...]]:
        """What Prometheus knows of the day before ``until``; see ``history.history``.

        ``say`` is told what is not known, the terminal alone if None.
        """
        past = Prometheus(self.inside, self._spec("prometheus"))
        return history(past, subject, until, say or self.say)

    def world(self, rollout: str) -> World:
        """All of it, for the rollout called ``rollout``."""
        return World(
            desired=self.file,
            delivery=self.delivery,
            gateways=self.gateways,
            deployer=PulumiDeployer(self.file, self.tools, rollout),
            clock=self.clock,
            notifier=self.notifier,
            store=self.store,
            metrics=self.metrics(self.notifier.note),
            models=LoadedModels(self.inside, self._spec("ollama")),
        )

    @cached_property
    def notifier(self) -> Everybody:
        """Terminal, log and, where the settings say so, Slack."""
        return Everybody(
            log=Log(self.project.root / LOGS),
            clock=self.clock,
            # Who is told changes: a table, while there is one.
            say=lambda line: self.say(line),  # noqa: PLW0108
            webhook=self._webhook(),
            stack=self.name,
        )

    def _webhook(self) -> str:
        """Where the settings want it. Nobody to tell is no reason to leave users where they are."""
        if not self.checked.stack.settings.rollout.notify:
            return ""
        try:
            return deployment.secret(self.checked, self.tools, "rolloutSlackUrl")
        except BadInputError as error:
            self.say(f"nobody is told in Slack: {error}")
            return ""

    @property
    def _gateway(self) -> ServiceSpec:
        return next(spec for spec in self.checked.stack.specs if spec.front_door)

    def _spec(self, name: str) -> ServiceSpec:
        return next(spec for spec in self.checked.stack.specs if spec.name == name)

    @cached_property
    def _client(self) -> ApiClient:
        """KUBECONFIG of the environment where set, or else what the stack is deployed with."""
        from ..targets import KUBECONFIG, cluster_client, named_kubeconfig

        text = named_kubeconfig(self.tools.environment)
        if text is None and self.may_read_state:
            text = deployment.kubeconfig(self.checked, self.tools)
        if text is None:
            raise BadInputError(
                f"{KUBECONFIG} is not set; --dry-run asks the cluster with it, as it changes no "
                "file, and reading the stack's own kubeconfig would"
            )
        return cluster_client(text, self.checked)
