"""Ways into a network on AWS."""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import in_doubt
from policies.framework.values import Finding, Node

from .network import is_everywhere

GROUP = "aws:ec2/securityGroup:SecurityGroup"
LEGACY_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


class IngressConfig(RuleConfig):
    """Ports that the whole internet may reach, where a rule opens just one of them."""

    ports: tuple[int, ...] = (443,)


def ingress(resource: Resource, config: IngressConfig) -> Iterator[Finding]:
    """Ports open to the world, in each of the three ways to say so."""
    for rule, ranges in _ingress(resource):
        first, last = rule["fromPort"], rule["toPort"]
        if first.value in config.ports and first.value == last.value:
            continue
        direction = [rule["type"]] if resource.type == LEGACY_RULE else []
        for each in ranges:
            found = each.refuse_if(is_everywhere, "must not be every address")
            yield from in_doubt(found, first, last, *direction)


def public_addresses(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Machines with an address on the internet."""
    if resource.type == "aws:ec2/subnet:Subnet":
        places = [resource["mapPublicIpOnLaunch"]]
    else:
        places = [resource["associatePublicIpAddress"]]
        for interface in resource["networkInterfaces"].items():
            places.append(interface["associatePublicIpAddress"])
    for place in places:
        # Launch templates keep truth values as text.
        yield from place.refuse_if(
            lambda value: str(value).lower() == "true", "gives machines an address on the internet"
        )


def listener(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A listener in the clear that does more than point to the one with TLS."""
    protocol = resource["protocol"]
    message = "must be HTTPS or TLS, or only redirect to it"
    if not protocol.hidden and protocol.value not in ("HTTP", None):
        return
    redirects = [action["redirect"]["protocol"] for action in resource["defaultActions"].items()]
    if redirects and all(not each.hidden and each.value == "HTTPS" for each in redirects):
        return
    hidden = next((node for node in (protocol, *redirects) if node.hidden), None)
    if hidden:
        yield hidden.undecided(message)
    elif not protocol.absent:
        yield protocol.violation(message)


def _ingress(resource: Resource) -> Iterator[tuple[Node, list[Node]]]:
    """Each rule that lets something in, and the ranges it lets in."""
    if resource.type == GROUP:
        for rule in resource["ingress"].items():
            yield rule, [*rule["cidrBlocks"].items(), *rule["ipv6CidrBlocks"].items()]
    elif resource.type == INGRESS_RULE:
        yield resource.root, [resource["cidrIpv4"], resource["cidrIpv6"]]
    elif resource["type"].hidden or resource["type"].value == "ingress":
        root = resource.root
        yield root, [*root["cidrBlocks"].items(), *root["ipv6CidrBlocks"].items()]


RULES = (
    Rule(
        id="aws-network/ingress",
        severity=Severity.CRITICAL,
        protects="machines and databases from the whole internet",
        fix="name the networks or the security group that may come in",
        reference="CIS AWS 5.2, 5.3; AWS-0107; CKV_AWS_24, 25, 260, 277",
        kinds=(GROUP, LEGACY_RULE, INGRESS_RULE),
        check=ingress,
        config=IngressConfig,
    ),
    Rule(
        id="aws-network/public-addresses",
        severity=Severity.MEDIUM,
        protects="nodes from being reached past every load balancer",
        fix="use private subnets with a NAT gateway; only load balancers are public",
        reference="CKV_AWS_88, 130; AWS-0009, 0164",
        kinds=(
            "aws:ec2/instance:Instance",
            "aws:ec2/launchTemplate:LaunchTemplate",
            "aws:ec2/subnet:Subnet",
        ),
        check=public_addresses,
        level=Level.ADVISORY,
    ),
    Rule(
        id="aws-network/listener",
        severity=Severity.HIGH,
        protects="tokens and prompts from everybody on the way",
        fix="set protocol: HTTPS with a certificate, or redirect to such a listener",
        reference="CKV_AWS_2, 103; AWS-0054; guide, Network Security",
        kinds=("aws:lb/listener:Listener", "aws:alb/listener:Listener"),
        check=listener,
    ),
)
