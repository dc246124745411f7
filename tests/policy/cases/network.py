"""Services, Ingresses and NetworkPolicies."""

from typing import Any

from tests.policy.cases.case import Case
from tests.policy.cases.containers import deployment

SERVICE = "kubernetes:core/v1:Service"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
PLATFORM = "researchflow:index:KubernetesPlatform"
AWS = "service.beta.kubernetes.io/aws-load-balancer"
PRIVATE = ["10.0.0.0/8", "169.254.0.0/16"]
WEB = {"podSelector": {"matchLabels": {"app": "web"}}}


def service(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "it", "annotations": annotations or {}}, "spec": spec}


def balanced(**annotations: str) -> dict[str, Any]:
    """A load balancer with annotations of AWS."""
    return service(
        {f"{AWS}-{key}": value for key, value in annotations.items()}, type="LoadBalancer"
    )


def ingress(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "it", "annotations": annotations or {}}, "spec": spec}


def policy(selector: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "it", "namespace": "ai"},
        "spec": {"podSelector": selector or {}, **spec},
    }


def egress(cidr: str, *excepted: str, ports: tuple[int, ...] = ()) -> dict[str, Any]:
    """A policy that lets pods go to ``cidr``."""
    rule: dict[str, Any] = {"to": [{"ipBlock": {"cidr": cidr, "except": list(excepted)}}]}
    if ports:
        rule["ports"] = [{"protocol": "TCP", "port": port} for port in ports]
    return policy(egress=[rule])


def labelled(**labels: str) -> dict[str, Any]:
    """A Deployment in the namespace ``ai`` whose pods have these labels."""
    found = deployment()
    found["spec"]["template"]["metadata"] = {"labels": labels}
    return found


CASES = (
    Case(
        rule="services/encryption",
        token="researchflow:index:Ollama",
        red=({"service": "ollama", "encrypted": False}, {"service": "ollama"}),
        green=({"service": "ollama", "encrypted": True},),
    ),
    Case(
        rule="services/load-balancer",
        token=SERVICE,
        red=(
            service(type="LoadBalancer"),
            balanced(scheme="internet-facing"),
            service(type="LoadBalancer", loadBalancerSourceRanges=["0.0.0.0/0"]),
            service(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.0/8", "::/0"]),
        ),
        green=(
            service(type="ClusterIP"),
            service(),
            balanced(scheme="internal"),
            balanced(internal="true"),
            service({"networking.gke.io/load-balancer-type": "Internal"}, type="LoadBalancer"),
            service(type="LoadBalancer", loadBalancerSourceRanges=["203.0.113.0/24"]),
        ),
    ),
    Case(
        rule="services/load-balancer",
        token=SERVICE,
        red=({"metadata": {"name": "other"}, "spec": {"type": "LoadBalancer"}},),
        green=({"metadata": {"name": "gateway"}, "spec": {"type": "LoadBalancer"}},),
        config={"public": ["gateway"]},
    ),
    Case(
        rule="services/node-port",
        token=SERVICE,
        red=(service(type="NodePort"),),
        green=(service(type="ClusterIP"), service()),
    ),
    Case(
        rule="services/external-addresses",
        token=SERVICE,
        red=(service(externalIPs=["203.0.113.1"]),),
        green=(service(), service(externalIPs=[])),
    ),
    Case(
        rule="ingress/tls",
        token=INGRESS,
        red=(
            ingress(rules=[{"host": "a.test"}]),
            ingress(tls=[]),
            ingress({"kubernetes.io/ingress.allow-http": "true"}, tls=[{"secretName": "a"}]),
            ingress({"nginx.ingress.kubernetes.io/ssl-redirect": "false"}, tls=[{}]),
        ),
        green=(
            ingress(tls=[{"hosts": ["a.test"], "secretName": "a"}]),
            ingress({"alb.ingress.kubernetes.io/certificate-arn": "arn:aws:acm:eu:1:a"}),
            ingress({"alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS":443}]'}),
        ),
    ),
    Case(
        rule="ingress/hosts",
        token=INGRESS,
        red=(ingress(rules=[{}]), ingress(rules=[{"host": "a.test"}, {"host": "*.a.test"}])),
        green=(ingress(rules=[{"host": "a.test"}]), ingress()),
    ),
    Case(
        rule="ingress/snippets",
        token=INGRESS,
        red=(
            ingress({"nginx.ingress.kubernetes.io/configuration-snippet": "a"}),
            ingress({"nginx.org/server-snippets": "a"}),
        ),
        green=(ingress({"nginx.ingress.kubernetes.io/ssl-redirect": "true"}), ingress()),
    ),
    Case(
        rule="ingress/snippets",
        token="kubernetes:core/v1:ConfigMap",
        red=({"data": {"allow-snippet-annotations": "true"}},),
        green=({"data": {"allow-snippet-annotations": "false"}}, {}),
    ),
    Case(
        rule="network-policies/open-namespace",
        token=POLICY,
        red=(policy(ingress=[{}]), policy({"matchLabels": {}}, ingress=[{"from": []}])),
        green=(
            policy(),
            policy(ingress=[]),
            policy(ingress=[{"from": [WEB]}]),
            policy({"matchLabels": {"app": "web"}}, ingress=[{}]),
        ),
    ),
    Case(
        rule="network-policies/open-rule",
        token=POLICY,
        red=(policy(egress=[{}]), policy({"matchLabels": {"app": "web"}}, ingress=[{}])),
        green=(
            policy(),
            policy(ingress=[{"from": [WEB]}], egress=[{"ports": [{"port": 53}]}]),
        ),
    ),
    Case(
        rule="network-policies/metadata-service",
        token=POLICY,
        red=(
            egress("0.0.0.0/0"),
            egress("0.0.0.0/0", "10.0.0.0/8"),
            egress("169.254.169.254/32"),
            egress("::/0"),
            egress("0.0.0.0/0", ports=(443, 80)),
        ),
        green=(
            egress("0.0.0.0/0", *PRIVATE),
            egress("0.0.0.0/0", ports=(443,)),
            egress("10.0.0.0/8"),
            policy(egress=[{"to": [WEB]}]),
            policy(),
        ),
    ),
    Case(
        rule="network-policies/closed-by-default",
        token=PLATFORM,
        red=(
            {"namespace": "ai", "nodeNamespace": "ai-node"},
            {"namespace": "ai", "nodeNamespace": "ai-node", "closedNamespaces": ["ai"]},
        ),
        green=(
            {
                "namespace": "ai",
                "nodeNamespace": "ai-node",
                "closedNamespaces": ["ai", "ai-node"],
            },
        ),
    ),
    Case(
        rule="network-policies/pods-covered",
        token=DEPLOYMENT,
        red=(labelled(app="db"), labelled()),
        green=(labelled(app="web"), labelled(app="web", tier="x")),
        beside=((POLICY, policy({"matchLabels": {"app": "web"}})),),
    ),
    Case(
        rule="network-policies/pods-covered",
        token=DEPLOYMENT,
        red=(labelled(tier="back"), labelled(app="a")),
        green=(labelled(app="a", tier="front"),),
        beside=(
            (
                POLICY,
                policy(
                    {
                        "matchExpressions": [
                            {"key": "app", "operator": "Exists"},
                            {"key": "tier", "operator": "In", "values": ["front"]},
                        ]
                    }
                ),
            ),
        ),
    ),
)
