"""KEDA, for a cluster that the program owns: its own chart, pinned.

Whoever owns an existing cluster installs KEDA there; see docs/scaling.md.
"""

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.helm.v3 import Release, RepositoryOptsArgs

CHART = "keda"
REPOSITORY = "https://kedacore.github.io/charts"
VERSION = "2.21.0"
NAMESPACE = "keda"
TIMEOUT_SECONDS = 600


class Keda(pulumi.ComponentResource):
    """The operator, in a namespace of its own; give it the cluster's provider by ``opts``.

    ``after``: what its pods need, as nodes.

    The chart is fetched by whoever previews or deploys it, and by ``rf plan`` not at all.
    """

    namespace: pulumi.Output[str]
    """Where the operator runs, for ``target.keda.namespace`` of the stacks on this cluster."""

    def __init__(
        self,
        name: str,
        *,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "researchflow:index:Keda", name, {"version": VERSION, "namespace": NAMESPACE}, opts
        )
        Release(
            f"{name}-release",
            # A name of Pulumi's would change with every replacement, and its CRDs with it.
            name=NAMESPACE,
            chart=CHART,
            version=VERSION,
            repository_opts=RepositoryOptsArgs(repo=REPOSITORY),
            namespace=NAMESPACE,
            create_namespace=True,
            # Half an operator would be worse than none: what fails is taken back.
            atomic=True,
            timeout=TIMEOUT_SECONDS,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
        self.namespace = pulumi.Output.from_input(NAMESPACE)
        self.register_outputs({"namespace": self.namespace})
