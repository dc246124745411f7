"""S3's errors in words, with what to do."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

CHAIN = "boto3 looks in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE), in ~/.aws, and for a role"
ANSWERS = {
    "NoSuchBucket": "there is no such bucket: make it, or set another (BACKUP_BUCKET)",
    "InvalidAccessKeyId": "the access key is not known there",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key",
    "ExpiredToken": "the credentials have expired",
    "AccessDenied": "these credentials may not do this: see the policy of the bucket and the role",
    "PermanentRedirect": "the bucket is in another region: set BACKUP_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set BACKUP_REGION",
    "IllegalLocationConstraintException": "the bucket is in another region: set BACKUP_REGION",
    "InvalidRequest": "the bucket refuses this request; object lock needs a bucket that was made "
    "with it",
    "SlowDown": "too many requests, after several tries",
}


NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
)


def reason(error: ClientError | BotoCoreError) -> str:
    """Why S3 did not do it."""
    if isinstance(error, ClientError):
        said = error.response["Error"]
        code = said.get("Code", "")
        return ANSWERS.get(code) or f"S3 answers {code}: {said.get('Message', '')}".rstrip(": ")
    if isinstance(error, NO_CREDENTIALS):
        return f"there are no credentials that can be used ({type(error).__name__}); {CHAIN}"
    if isinstance(error, EndpointConnectionError):
        return "the endpoint cannot be reached: see BACKUP_ENDPOINT and the network"
    if isinstance(error, HTTPClientError):
        return f"the connection failed ({type(error).__name__})"
    return str(error).partition("\n")[0]
