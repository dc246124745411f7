"""What must hold between settings of different services. Each rule answers in sentences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from .audience import Exposure, ImagesArgs
from .capacity import CapacityArgs
from .catalogue import Entry, outgoing, setting_key
from .context import Context
from .faiss_rules import backups_come_before_their_alarm
from .ollama import OllamaArgs
from .platforms.kubernetes.args import KubernetesArgs
from .protection import (
    certificates_need_a_cluster,
    images_have_digests,
    kubelets_need_a_cluster,
    the_gateway_is_protected,
)
from .rollout.version import version
from .scaling.rules import scaling_makes_sense
from .spec import ServiceSpec
from .spec.runs import Resources
from .volume_rules import production_says_that_its_volumes_are_encrypted

Problem = tuple[str, str]
"""A key below ``researchflow-ai:platform``, and what is wrong with it and what to do."""

GATEWAYS = 2
"""How many production needs at least."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the rules look at besides the services."""

    capacity: CapacityArgs
    context: Context
    images: ImagesArgs
    exposure: Exposure
    today: date
    cluster: KubernetesArgs | None = None
    """The target, where it is a cluster."""
    keda: bool = False
    """Whether the cluster has KEDA, as the settings say."""
    passed: Mapping[str, str] = field(default_factory=dict)
    """Versions whose last pass is on record, by setting key of the service."""


def problems(entries: Sequence[Entry], facts: Facts) -> tuple[Problem, ...]:
    """Broken rules as (key below ``researchflow-ai:platform``, what is wrong and what to do)."""
    specs = tuple(entry.spec for entry in entries)
    return (
        *canaries_differ(entries, facts.passed),
        *memory_fits(specs, facts),
        *cpus_fit(specs, facts),
        *disk_fits(specs, facts.capacity),
        *edges_lead_somewhere(specs),
        *ports_are_distinct(specs),
        *gpus_have_a_pool(entries, facts.context),
        *models_fit_the_gpu(entries, facts.context),
        *production_is_redundant(entries, facts.context),
        *images_have_digests(specs, facts),
        *the_gateway_is_protected(entries, facts),
        *scaling_makes_sense(entries, facts.context, keda=facts.keda, today=facts.today),
        *backups_come_before_their_alarm(entries, facts.context, facts.today),
        *certificates_need_a_cluster(facts.context),
        *kubelets_need_a_cluster(entries, facts.context),
        *production_says_that_its_volumes_are_encrypted(
            specs, facts.cluster, facts.context.environment
        ),
    )


def canaries_differ(entries: Sequence[Entry], passed: Mapping[str, str]) -> Iterator[Problem]:
    """Two versions that are the same cost twice and say nothing.

    One that has passed is about to be stable, which warms up beside it.
    """
    stable = {entry.spec.name: version(entry.spec) for entry in entries if not entry.is_canary}
    for entry in entries:
        if not entry.is_canary:
            continue
        found = version(entry.spec)
        if found == stable[entry.spec.name] and found != passed.get(setting_key(entry.spec.name)):
            yield (entry.section, "changes nothing; name a setting that differs, or remove it")


def in_use(
    specs: Sequence[ServiceSpec], amount: Callable[[Resources], float], *, rolling: bool
) -> float:
    """What all services, all runs by the clock and the largest job may use at once.

    ``rolling``: with the largest extra copy that an update starts beside a running one, as
    Kubernetes does and Docker does not.
    """
    steady = sum(amount(spec.needs) * spec.most for spec in specs)
    extra = [amount(spec.needs) for spec in specs if not spec.recreate and not spec.per_node]
    jobs = [amount(job.resources) for spec in specs for job in spec.jobs]
    clock = sum(amount(job.resources) for spec in specs for job in spec.scheduled)
    return steady + (max(extra, default=0) if rolling else 0) + max(jobs, default=0) + clock


def memory_fits(specs: Sequence[ServiceSpec], facts: Facts) -> Iterator[Problem]:
    """Memory is promised on both platforms: what is not there gets something killed."""
    rolling = facts.context.kubernetes
    used = in_use(specs, lambda resources: resources.memory, rolling=rolling)
    if used > facts.capacity.memory:
        largest = max(specs, key=lambda spec: spec.resources.memory * spec.most)
        yield (
            "capacity.memory",
            f"is {facts.capacity.memory:g} GiB, but the services may use {used:.1f} GiB; raise it "
            f"or lower a service's memory, services.{setting_key(largest.name)} first",
        )


def cpus_fit(specs: Sequence[ServiceSpec], facts: Facts) -> Iterator[Problem]:
    """Kubernetes promises each pod its CPU; Docker only caps it, and caps may add up to more."""
    if not facts.context.kubernetes:
        return
    used = in_use(specs, lambda resources: resources.cpu, rolling=True)
    if used > facts.capacity.cpus:
        yield (
            "capacity.cpus",
            f"is {facts.capacity.cpus:g}, but the services may use {used:.1f} CPUs; raise it or "
            "lower a service's cpu or replicas",
        )


def disk_fits(specs: Sequence[ServiceSpec], capacity: CapacityArgs) -> Iterator[Problem]:
    """Every replica has volumes of its own unless they are shared."""
    used = sum(
        volume.size * (1 if volume.shared else spec.most)
        for spec in specs
        for volume in spec.volumes
    )
    used += sum(job.disk.size for spec in specs for job in spec.scheduled if job.disk)
    if used > capacity.disk:
        yield (
            "capacity.disk",
            f"the volumes take {used:.0f} GiB, but the capacity is {capacity.disk:g} GiB",
        )


def edges_lead_somewhere(specs: Sequence[ServiceSpec]) -> Iterator[Problem]:
    """A permission for a port that nobody listens on is a typing error."""
    ports = {(spec.name, port.number) for spec in specs for port in spec.all_ports}
    for spec in specs:
        for edge in (edge for _, wanted in outgoing(spec) for edge in wanted):
            if (edge.service, edge.port) not in ports:
                yield (
                    f"services.{setting_key(spec.name)}",
                    f"talks to {edge.service}:{edge.port}, and no service listens there",
                )


def ports_are_distinct(specs: Sequence[ServiceSpec]) -> Iterator[Problem]:
    """One machine publishes a port once."""
    owner: dict[int, str] = {}
    for spec in specs:
        for port in spec.ports:
            if port.published is None:
                continue
            if port.published in owner:
                yield (
                    f"services.{setting_key(spec.name)}",
                    f"publishes port {port.published}, which {owner[port.published]} publishes too",
                )
            owner[port.published] = spec.name


def gpus_have_a_pool(entries: Sequence[Entry], context: Context) -> Iterator[Problem]:
    """A GPU comes from a pool, and the pool has a ceiling."""
    specs = [entry.spec for entry in entries]
    wanted = sum(spec.resources.gpus * spec.most for spec in specs if not spec.per_node)
    for entry in entries:
        if entry.spec.resources.gpus and context.gpu is None:
            yield (
                f"{entry.section}.gpus",
                f"is {entry.spec.resources.gpus}, but there is no GPU pool; set gpu, or gpus: 0",
            )
    if context.gpu is not None and wanted > context.gpu.gpus:
        yield ("gpu.gpus", f"is {context.gpu.gpus}, but the services ask for {wanted} GPUs")


def models_fit_the_gpu(entries: Sequence[Entry], context: Context) -> Iterator[Problem]:
    """Weights plus key-value cache for every parallel request, all models loaded at once."""
    for entry in entries:
        args = entry.args
        if not isinstance(args, OllamaArgs) or not args.gpus or context.gpu is None:
            continue
        needed = sum(model.vram(args.num_parallel) for model in args.models)
        available = args.gpus * context.gpu.vram
        if needed > available:
            yield (
                f"{entry.section}.models",
                f"need {needed:.1f} GiB of GPU memory with num_parallel {args.num_parallel}, but "
                f"{args.gpus} × {context.gpu.vram:g} GiB are there; use fewer or smaller models, "
                "a shorter context_length or a lower num_parallel",
            )


def production_is_redundant(entries: Sequence[Entry], context: Context) -> Iterator[Problem]:
    """One gateway is a single point of failure; a published database is a leak."""
    if context.environment != "production":
        return
    for entry in entries:
        if entry.spec.front_door and entry.spec.least < GATEWAYS:
            key = setting_key(entry.spec.name)
            yield (
                f"scaling.{key} at its lowest"
                if entry.spec.scaling
                else f"services.{key}.replicas",
                f"is {entry.spec.least}; production needs {GATEWAYS} or more gateways, so that "
                "one may fail",
            )
        if entry.spec.category == "data":
            for port in entry.spec.ports:
                if port.published is not None and not context.kubernetes:
                    yield (
                        f"services.{setting_key(entry.spec.name)}",
                        f"publishes port {port.published}; production publishes no database",
                    )
