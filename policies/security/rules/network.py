"""Ways into a cluster from outside: Services and Ingresses."""

import ipaddress
from collections.abc import Iterator
from functools import partial
from operator import eq

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import in_doubt
from policies.framework.values import Finding

SERVICE = ("core/Service",)
PROXY = ("core/ConfigMap",)
INGRESS = ("networking.k8s.io/Ingress",)
AWS = "service.beta.kubernetes.io/aws-load-balancer"
INTERNAL = {
    f"{AWS}-scheme": ("internal",),
    f"{AWS}-internal": ("true", "0.0.0.0/0"),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "networking.gke.io/load-balancer-type": ("Internal",),
    "cloud.google.com/load-balancer-type": ("Internal",),
}
"""Annotations that keep a load balancer inside a network, and their values."""
CERTIFICATE = "alb.ingress.kubernetes.io/certificate-arn"
LISTENERS = "alb.ingress.kubernetes.io/listen-ports"
PLAIN_HTTP = {
    "kubernetes.io/ingress.allow-http": "true",
    "nginx.ingress.kubernetes.io/ssl-redirect": "false",
}
SNIPPETS = ("-snippet", "-snippets")
SERVERS = tuple(f"researchflow:index:{name}" for name in ("Ollama", "Triton", "Faiss", "Redis"))
"""Whatever is told of users, and what they asked."""


class LoadBalancerConfig(RuleConfig):
    """Names of Services that the whole internet may reach."""

    public: tuple[str, ...] = ()


class EncryptionConfig(RuleConfig):
    """The stacks in which services speak TLS with each other."""

    stacks: tuple[str, ...] = ("production",)


def encryption(resource: Resource, config: EncryptionConfig) -> Iterator[Finding]:
    """A network policy says who may connect, and hides nothing from whoever is in between."""
    if resource.stack in config.stacks:
        yield from resource["encrypted"].refuse_if(
            lambda value: value is not True, "must be true: the server's port has to speak TLS"
        )


def load_balancer(resource: Resource, config: LoadBalancerConfig) -> Iterator[Finding]:
    """A load balancer is public unless an annotation or a list of sources says otherwise."""
    name, annotations = resource["metadata"]["name"], resource["metadata"]["annotations"]
    marks = {key: annotations[key] for key in INTERNAL}
    sources = list(resource["spec"]["loadBalancerSourceRanges"].items())
    if name.value in config.public or any(
        mark.value in INTERNAL[key] for key, mark in marks.items()
    ):
        return
    if sources and not any(source.hidden or is_everywhere(source.value) for source in sources):
        return
    found = resource["spec"]["type"].refuse_if(
        lambda value: value == "LoadBalancer",
        "must have an internal load balancer, or loadBalancerSourceRanges",
    )
    excuses = [*marks.values(), *sources, *([name] if config.public else [])]
    yield from in_doubt(found, *excuses)


def node_port(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A port on every node, past load balancers and their rules."""
    yield from resource["spec"]["type"].refuse_if(
        lambda value: value == "NodePort", "must not be NodePort"
    )


def external_addresses(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Whoever may set an external address may take the traffic of that address."""
    yield from resource["spec"]["externalIPs"].refuse_if(bool, "must not be set")


def tls(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A certificate, where the Ingress or its load balancer names one, and no way around it."""
    annotations = resource["metadata"]["annotations"]
    for key, plain in PLAIN_HTTP.items():
        yield from annotations[key].refuse_if(partial(eq, plain), "must not let plain HTTP in")
    certificate, listeners = annotations[CERTIFICATE], annotations[LISTENERS]
    if not certificate.hidden and certificate.value:
        return
    if not listeners.hidden and "HTTPS" in str(listeners.value):
        return
    found = resource["spec"]["tls"].refuse_if(lambda value: not value, "must hold a certificate")
    yield from in_doubt(found, certificate, listeners)


def hosts(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A rule without a host, or with a wildcard, takes traffic that belongs to others."""
    for rule in resource["spec"]["rules"].items():
        yield from rule["host"].refuse_if(
            lambda value: not value or "*" in str(value), "must be one host, without *"
        )


def snippets(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Text that becomes part of the proxy's own configuration (CVE-2021-25742)."""
    if resource.kind in PROXY:
        yield from resource["data"]["allow-snippet-annotations"].refuse_if(
            partial(eq, "true"), "must not be true"
        )
        return
    for key, annotation in resource["metadata"]["annotations"].entries():
        message = "must not hold configuration of the proxy"
        if key.endswith(SNIPPETS):
            yield from annotation.refuse_if(lambda _value: True, message)
        elif annotation.hidden and key == "*":
            yield annotation.undecided(message)


def is_everywhere(value: object) -> bool:
    """Whether ``value`` is a range of addresses that half of the internet or more is in."""
    try:
        return ipaddress.ip_network(str(value), strict=False).prefixlen <= 1
    except ValueError:
        return False


RULES = (
    Rule(
        id="services/load-balancer",
        severity=Severity.HIGH,
        protects="models and data from the whole internet",
        fix="annotate the Service for an internal load balancer, or set loadBalancerSourceRanges",
        reference="guide, Network Security; Kyverno restrict-loadbalancer",
        kinds=SERVICE,
        check=load_balancer,
        config=LoadBalancerConfig,
    ),
    Rule(
        id="services/node-port",
        severity=Severity.HIGH,
        protects="the service from everybody who reaches any node",
        fix="use ClusterIP, or an internal load balancer",
        reference="Kyverno restrict-node-port; NSA hardening guide, Network separation",
        kinds=SERVICE,
        check=node_port,
    ),
    Rule(
        id="services/external-addresses",
        severity=Severity.HIGH,
        protects="traffic of others, which an external address may take over (CVE-2020-8554)",
        fix="remove externalIPs",
        reference="Kyverno restrict-service-external-ips",
        kinds=SERVICE,
        check=external_addresses,
    ),
    Rule(
        id="services/encryption",
        severity=Severity.HIGH,
        protects="prompts, vectors and cached answers from everybody between two nodes",
        fix="set internal_tls, with an issuer of cert-manager",
        reference="guide, Network Security: Enable TLS for inter-service communication",
        kinds=SERVERS,
        check=encryption,
        config=EncryptionConfig,
    ),
    Rule(
        id="ingress/tls",
        severity=Severity.HIGH,
        protects="tokens and prompts from everybody on the way",
        fix="set spec.tls with a Secret that holds the certificate",
        reference="guide, Network Security; Kyverno require-ingress-https",
        kinds=INGRESS,
        check=tls,
    ),
    Rule(
        id="ingress/hosts",
        severity=Severity.MEDIUM,
        protects="the traffic of others on the same proxy",
        fix="name the host in each rule",
        reference="Kyverno restrict-ingress-wildcard, disallow-empty-ingress-host",
        kinds=INGRESS,
        check=hosts,
        level=Level.ADVISORY,
    ),
    Rule(
        id="ingress/snippets",
        severity=Severity.CRITICAL,
        protects="all certificates and tokens of the proxy, which a snippet can read",
        fix="remove the annotation, and say in the proxy's own settings what it should do",
        reference="CVE-2021-25742; CKV_K8S_152 to 154",
        kinds=(*INGRESS, *PROXY),
        check=snippets,
    ),
)
