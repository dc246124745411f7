"""All rules of the pack ``security``."""

from policies.framework.rule import AnyRule

from . import (
    aws_eks,
    aws_iam,
    aws_network,
    aws_s3,
    aws_storage,
    docker_host,
    docker_isolation,
    images,
    jobs,
    kubernetes_containers,
    network,
    network_policies,
    pod_security,
    rbac,
    rbac_bindings,
    secrets,
    service_accounts,
    volumes,
)

RULES: tuple[AnyRule, ...] = (
    *pod_security.RULES,
    *kubernetes_containers.RULES,
    *images.RULES,
    *secrets.RULES,
    *service_accounts.RULES,
    *rbac.RULES,
    *rbac_bindings.RULES,
    *network.RULES,
    *network_policies.RULES,
    *volumes.RULES,
    *jobs.RULES,
    *docker_isolation.RULES,
    *docker_host.RULES,
    *aws_eks.RULES,
    *aws_iam.RULES,
    *aws_network.RULES,
    *aws_s3.RULES,
    *aws_storage.RULES,
)
