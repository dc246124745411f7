"""What a stack of services takes from the stack that made its cluster."""

import pulumi


def kubeconfig_of(stack: str, environment: str) -> pulumi.Output[str]:
    """The kubeconfig of the cluster that ``stack`` made for ``environment``, as a secret."""
    reference = pulumi.StackReference(stack)
    outputs = [reference.require_output(name) for name in ("environment", "kubeconfig")]
    found = pulumi.Output.all(*outputs).apply(lambda told: checked(stack, environment, *told))
    return pulumi.Output.secret(found)


def checked(stack: str, environment: str, its: str, kubeconfig: str) -> str:
    """``kubeconfig``; RunError where the cluster is ``its`` environment's, and not this one."""
    if its != environment:
        raise pulumi.RunError(
            f"target.infrastructure is {stack}, a stack of {its}; this one is of {environment}"
        )
    return kubeconfig
