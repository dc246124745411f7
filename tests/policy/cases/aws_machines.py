"""AWS networks, disks, keys, images and logs as pulumi-aws 7 describes them."""

from typing import Any

from tests.policy.cases.aws import case, public

GROUP = "aws:ec2/securityGroup:SecurityGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE = "aws:ec2/instance:Instance"
KEY = "aws:kms/key:Key"


def opens(*ranges: str, first: int = 22, last: int = 22) -> dict[str, Any]:
    """A security group that lets ``ranges`` in."""
    rule = {"fromPort": first, "toPort": last, "protocol": "tcp", "cidrBlocks": list(ranges)}
    return {"ingress": [rule]}


NETWORK = (
    case(
        "network/ingress",
        GROUP,
        red=(
            opens("0.0.0.0/0"),
            opens("10.0.0.0/8", "0.0.0.0/0", first=0, last=65535),
            opens("0.0.0.0/1"),
            {"ingress": [{"fromPort": 22, "toPort": 22, "ipv6CidrBlocks": ["::/0"]}]},
        ),
        green=(opens("10.0.0.0/8"), opens("0.0.0.0/0", first=443, last=443), {}),
    ),
    case(
        "network/ingress",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        red=({"cidrIpv4": "0.0.0.0/0", "fromPort": 22, "toPort": 22, "ipProtocol": "tcp"},),
        green=({"cidrIpv4": "0.0.0.0/0", "fromPort": 443, "toPort": 443, "ipProtocol": "tcp"},),
    ),
    case(
        "network/ingress",
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        red=({"type": "ingress", "cidrBlocks": ["0.0.0.0/0"], "fromPort": 6379, "toPort": 6379},),
        green=({"type": "egress", "cidrBlocks": ["0.0.0.0/0"], "fromPort": 0, "toPort": 0},),
    ),
    case(
        "network/public-addresses",
        "aws:ec2/subnet:Subnet",
        red=({"mapPublicIpOnLaunch": True},),
        green=({"mapPublicIpOnLaunch": False}, {}),
    ),
    case(
        "network/public-addresses",
        TEMPLATE,
        red=({"networkInterfaces": [{"associatePublicIpAddress": "true"}]},),
        green=({"networkInterfaces": [{"associatePublicIpAddress": "false"}]}, {}),
    ),
    case(
        "network/listener",
        "aws:lb/listener:Listener",
        red=({"protocol": "HTTP", "defaultActions": [{"type": "forward"}]},),
        green=(
            {"protocol": "HTTPS", "defaultActions": [{"type": "forward"}]},
            {"protocol": "HTTP", "defaultActions": [{"redirect": {"protocol": "HTTPS"}}]},
            {"protocol": "TLS"},
        ),
    ),
)

STORAGE = (
    *(
        case(
            "storage/encryption",
            token,
            red=({}, {"encrypted": False}),
            green=({"encrypted": True},),
        )
        for token in ("aws:ebs/volume:Volume", "aws:efs/fileSystem:FileSystem")
    ),
    case(
        "storage/encryption",
        TEMPLATE,
        red=({"blockDeviceMappings": [{"ebs": {"volumeSize": 100}}]},),
        green=({"blockDeviceMappings": [{"ebs": {"encrypted": "true"}}]}, {}),
    ),
    case(
        "storage/encryption",
        INSTANCE,
        red=(
            {},
            {"rootBlockDevice": {"encrypted": True}, "ebsBlockDevices": [{"volumeSize": 10}]},
        ),
        green=({"rootBlockDevice": {"encrypted": True}},),
    ),
    case(
        "storage/metadata-tokens",
        INSTANCE,
        red=({}, {"metadataOptions": {"httpTokens": "optional"}}),
        green=(
            {"metadataOptions": {"httpTokens": "required"}},
            {"metadataOptions": {"httpEndpoint": "disabled"}},
        ),
    ),
    case(
        "storage/immutable-tags",
        "aws:ecr/repository:Repository",
        red=({}, {"imageTagMutability": "MUTABLE"}),
        green=({"imageTagMutability": "IMMUTABLE"},),
    ),
    case(
        "storage/scanning",
        "aws:ecr/repository:Repository",
        red=({}, {"imageScanningConfiguration": {"scanOnPush": False}}),
        green=({"imageScanningConfiguration": {"scanOnPush": True}},),
    ),
    case(
        "storage/public-images",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        red=(public(Action="ecr:BatchGetImage"),),
        green=(public(Principal={"AWS": "arn:aws:iam::123456789012:root"}),),
    ),
    case(
        "storage/key-rotation",
        KEY,
        red=({}, {"enableKeyRotation": False, "keyUsage": "ENCRYPT_DECRYPT"}),
        green=({"enableKeyRotation": True}, {"customerMasterKeySpec": "RSA_4096"}),
    ),
    case(
        "storage/key-deletion",
        KEY,
        red=({"deletionWindowInDays": 7},),
        green=({"deletionWindowInDays": 30}, {}),
    ),
    case(
        "storage/log-retention",
        "aws:cloudwatch/logGroup:LogGroup",
        red=({"retentionInDays": 7},),
        green=({"retentionInDays": 90}, {"retentionInDays": 0}, {}),
    ),
)

CASES = (*NETWORK, *STORAGE)
