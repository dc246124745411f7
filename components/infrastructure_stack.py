"""What a stack of services takes from the stack that made its cluster."""

import pulumi


def kubeconfig_of(stack: str, environment: str) -> pulumi.Output[str]:
    """The kubeconfig of the cluster that ``stack`` made, as a secret.

    The update ends in words where that cluster is not one of ``environment``.
    """
    reference = pulumi.StackReference(stack)

    def checked(found: list[str]) -> str:
        kubeconfig, its = found
        if its != environment:
            raise pulumi.RunError(
                f"target.infrastructure is {stack}, a stack of {its}; this one is of {environment}"
            )
        return kubeconfig

    outputs = [reference.require_output(name) for name in ("kubeconfig", "environment")]
    return pulumi.Output.secret(pulumi.Output.all(*outputs).apply(checked))
