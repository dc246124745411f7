"""Which call of AWS's API each resource comes to, and where its inputs go in it.

An input that is not named goes to the member of its own name, whatever its capitals. ``elsewhere``
are inputs that another call takes, or none: these are not checked against AWS's own model.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TAGS = "tags"
"""Every resource has them; each service has its own shape for them."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """``to`` says where inputs go: a path with dots, ``0`` for the first item of a list.

    ``given`` are members that the provider adds by itself; ``convert`` is for an input whose shape
    is another one.
    """

    service: str
    operation: str
    to: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    convert: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)


def notifications(found: Any) -> Any:
    """Of a budget: the API keeps who is told beside what is told."""
    return [
        {
            "Notification": {key: each[key] for key in each if key != "subscriberSnsTopicArns"},
            "Subscribers": [
                {"SubscriptionType": "SNS", "Address": arn}
                for arn in each["subscriberSnsTopicArns"]
            ],
        }
        for each in found
    ]


BUCKET = {"bucket": "Bucket"}
CALLS: Mapping[str, Call] = {
    "aws:budgets/budget:Budget": Call(
        service="budgets",
        operation="CreateBudget",
        to={
            "name": "Budget.BudgetName",
            "budgetType": "Budget.BudgetType",
            "timeUnit": "Budget.TimeUnit",
            "limitAmount": "Budget.BudgetLimit.Amount",
            "limitUnit": "Budget.BudgetLimit.Unit",
            "notifications": "NotificationsWithSubscribers",
        },
        convert={"notifications": notifications},
    ),
    "aws:cloudwatch/logGroup:LogGroup": Call(
        service="logs",
        operation="CreateLogGroup",
        to={"name": "logGroupName"},
        elsewhere={"retentionInDays": "PutRetentionPolicy"},
    ),
    "aws:ec2/eip:Eip": Call(service="ec2", operation="AllocateAddress"),
    "aws:ec2/flowLog:FlowLog": Call(
        service="ec2",
        operation="CreateFlowLogs",
        to={"vpcId": "ResourceIds.0", "iamRoleArn": "DeliverLogsPermissionArn"},
        given={"ResourceType": "VPC"},
    ),
    "aws:ec2/internetGateway:InternetGateway": Call(
        service="ec2",
        operation="CreateInternetGateway",
        elsewhere={"vpcId": "AttachInternetGateway"},
    ),
    "aws:ec2/natGateway:NatGateway": Call(service="ec2", operation="CreateNatGateway"),
    "aws:ec2/route:Route": Call(service="ec2", operation="CreateRoute"),
    "aws:ec2/routeTable:RouteTable": Call(service="ec2", operation="CreateRouteTable"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Call(
        service="ec2", operation="AssociateRouteTable"
    ),
    "aws:ec2/securityGroup:SecurityGroup": Call(
        service="ec2",
        operation="CreateSecurityGroup",
        given={"GroupName": "made up by the engine"},
        elsewhere={"ingress": "AuthorizeSecurityGroupIngress"},
    ),
    "aws:ec2/subnet:Subnet": Call(
        service="ec2",
        operation="CreateSubnet",
        elsewhere={"mapPublicIpOnLaunch": "ModifySubnetAttribute"},
    ),
    "aws:ec2/vpc:Vpc": Call(
        service="ec2",
        operation="CreateVpc",
        elsewhere={
            "enableDnsHostnames": "ModifyVpcAttribute",
            "enableDnsSupport": "ModifyVpcAttribute",
        },
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Call(service="ec2", operation="CreateVpcEndpoint"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Call(
        service="ecr",
        operation="PutLifecyclePolicy",
        to={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
    ),
    "aws:ecr/repository:Repository": Call(
        service="ecr",
        operation="CreateRepository",
        to={"name": "repositoryName", "encryptionConfigurations": "encryptionConfiguration"},
        convert={"encryptionConfigurations": lambda found: found[0]},
    ),
    "aws:efs/backupPolicy:BackupPolicy": Call(service="efs", operation="PutBackupPolicy"),
    "aws:efs/fileSystem:FileSystem": Call(
        service="efs",
        operation="CreateFileSystem",
        given={"CreationToken": "made up by the provider"},
        elsewhere={"lifecyclePolicies": "PutLifecycleConfiguration"},
    ),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": Call(
        service="efs", operation="PutFileSystemPolicy"
    ),
    "aws:efs/mountTarget:MountTarget": Call(service="efs", operation="CreateMountTarget"),
    "aws:eks/accessEntry:AccessEntry": Call(service="eks", operation="CreateAccessEntry"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Call(
        service="eks", operation="AssociateAccessPolicy"
    ),
    "aws:eks/addon:Addon": Call(service="eks", operation="CreateAddon"),
    "aws:eks/cluster:Cluster": Call(
        service="eks",
        operation="CreateCluster",
        to={
            "vpcConfig": "resourcesVpcConfig",
            "encryptionConfig": "encryptionConfig.0",
            "enabledClusterLogTypes": "logging.clusterLogging.0.types",
        },
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Call(
        service="eks", operation="CreatePodIdentityAssociation"
    ),
    "aws:iam/role:Role": Call(
        service="iam",
        operation="CreateRole",
        to={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
    ),
    "aws:iam/rolePolicy:RolePolicy": Call(
        service="iam",
        operation="PutRolePolicy",
        to={"role": "RoleName", "policy": "PolicyDocument"},
        given={"PolicyName": "made-up-by-the-engine"},
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Call(
        service="iam", operation="AttachRolePolicy", to={"role": "RoleName"}
    ),
    "aws:kms/alias:Alias": Call(service="kms", operation="CreateAlias", to={"name": "AliasName"}),
    "aws:kms/key:Key": Call(
        service="kms",
        operation="CreateKey",
        elsewhere={
            "deletionWindowInDays": "ScheduleKeyDeletion",
            "enableKeyRotation": "EnableKeyRotation",
        },
    ),
    "aws:s3/bucket:Bucket": Call(
        service="s3",
        operation="CreateBucket",
        to={**BUCKET, "objectLockEnabled": "ObjectLockEnabledForBucket"},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Call(
        service="s3",
        operation="PutBucketLifecycleConfiguration",
        to={**BUCKET, "rules": "LifecycleConfiguration.Rules"},
    ),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": Call(
        service="s3",
        operation="PutObjectLockConfiguration",
        to={**BUCKET, "rule": "ObjectLockConfiguration.Rule"},
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Call(
        service="s3",
        operation="PutBucketOwnershipControls",
        to={**BUCKET, "rule": "OwnershipControls.Rules.0"},
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Call(service="s3", operation="PutBucketPolicy", to=BUCKET),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Call(
        service="s3",
        operation="PutPublicAccessBlock",
        to={
            **BUCKET,
            **{
                switch: f"PublicAccessBlockConfiguration.{switch}"
                for switch in (
                    "blockPublicAcls",
                    "blockPublicPolicy",
                    "ignorePublicAcls",
                    "restrictPublicBuckets",
                )
            },
        },
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Call(
        service="s3",
        operation="PutBucketEncryption",
        to={**BUCKET, "rules": "ServerSideEncryptionConfiguration.Rules"},
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Call(
        service="s3", operation="PutBucketVersioning", to=BUCKET
    ),
    "aws:sns/topic:Topic": Call(
        service="sns",
        operation="CreateTopic",
        to={"kmsMasterKeyId": "Attributes.KmsMasterKeyId"},
    ),
    "aws:sns/topicSubscription:TopicSubscription": Call(
        service="sns", operation="Subscribe", to={"topic": "TopicArn"}
    ),
}
"""By the type of the resource."""

NOT_CALLS: Mapping[str, str] = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "takes over what comes with a VPC",
    "aws:sns/topicPolicy:TopicPolicy": "an attribute of a topic, which the model has as text",
}
"""Types that no call of the API creates, and why."""
