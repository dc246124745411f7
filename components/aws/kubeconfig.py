"""How to reach a cluster of EKS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    import pulumi_aws as aws


def kubeconfig(cluster: aws.eks.Cluster, region: str) -> pulumi.Output[str]:
    """The kubeconfig of ``cluster``, as a secret, for whoever may take a role that it lets in."""
    authority = cluster.certificate_authority.data
    text = pulumi.Output.all(cluster.name, cluster.endpoint, authority).apply(
        lambda known: json.dumps(content(*known, region=region))
    )
    return pulumi.Output.secret(text)


def content(name: str, endpoint: str, authority: str, *, region: str) -> dict[str, Any]:
    """A kubeconfig that gets a token from the AWS CLI each time, and so holds none."""
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", name, "--region", region],
        "interactiveMode": "Never",
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": name,
                "cluster": {"server": endpoint, "certificate-authority-data": authority},
            }
        ],
        "users": [{"name": name, "user": {"exec": command}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
