"""What keeps strangers out and secrets in: rules between settings, as in ``rules``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .catalogue import setting_key
from .gateway import GatewayArgs
from .monitoring.prometheus import PrometheusArgs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .catalogue import Entry
    from .context import Context
    from .rules import Facts, Problem
    from .spec import ServiceSpec


def images_have_digests(specs: Sequence[ServiceSpec], facts: Facts) -> Iterator[Problem]:
    """A tag may be moved after a review; a digest may not."""
    tagged = [setting_key(spec.name) for spec in specs if "@sha256:" not in spec.image]
    if any(spec.sidecar and "@sha256:" not in spec.sidecar.image for spec in specs):
        tagged.append("internal_tls")
    environment = facts.context.environment
    if environment == "local" or not tagged:
        return
    waiver = facts.images.tag_waiver
    if waiver is None or waiver < facts.today:
        state = "is not set" if waiver is None else f"ended on {waiver}"
        yield (
            "images.tag_waiver",
            f"{state}, and images without a digest are used by {', '.join(tagged)}; run "
            f"rf images resolve {environment}, or set a later day for the time being",
        )


def the_gateway_is_protected(entries: Sequence[Entry], facts: Facts) -> Iterator[Problem]:
    """Anybody could use the GPUs of a gateway that asks nobody who they are."""
    for entry in entries:
        args = entry.args
        if not isinstance(args, GatewayArgs):
            continue
        key = f"{entry.section}.tls"
        if args.tls is not None and args.tls.issuer is not None and not facts.context.kubernetes:
            yield (
                f"{key}.issuer",
                "is one of cert-manager, which needs Kubernetes; remove it, and set the secrets "
                "gatewayCertificate and gatewayKey",
            )
        if facts.exposure != "public":
            continue
        if args.tls is None:
            yield (
                key,
                "is not set, but target.exposure is public, where everybody on the way could read "
                "tokens and prompts; set hosts, and either issuer or the secrets "
                "gatewayCertificate and gatewayKey, or set target.exposure to internal",
            )
        if not args.access.required:
            yield (
                f"{entry.section}.access.required",
                "is false, but target.exposure is public, where anybody could use the GPUs; set it "
                "to true and give each client a token with rf clients issue, or set "
                "target.exposure to internal",
            )


def certificates_need_a_cluster(context: Context) -> Iterator[Problem]:
    """On one machine nobody stands between the services, and nothing renews certificates."""
    if context.internal_tls is not None and not context.kubernetes:
        yield (
            "internal_tls",
            "needs cert-manager, and so Kubernetes; remove it: on one machine, traffic between "
            "services leaves neither the machine nor Docker's internal network",
        )


def kubelets_need_a_cluster(entries: Sequence[Entry], context: Context) -> Iterator[Problem]:
    """On one machine there is no kubelet to ask."""
    for entry in entries:
        args = entry.args
        if isinstance(args, PrometheusArgs) and args.kubelet_metrics and not context.kubernetes:
            yield (
                f"{entry.section}.kubelet_metrics",
                "needs kubelets, and so Kubernetes; remove it: the disk of one machine is watched "
                "by the node exporter",
            )
