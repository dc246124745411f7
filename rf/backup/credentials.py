"""The credentials of whoever runs ``rf``, for a container that cannot look where boto3 looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError

from ..errors import BadInputError

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

CHAIN = "boto3 looks in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE), in ~/.aws, and for a role"


def found() -> ReadOnlyCredentials:
    """What boto3 finds by its own chain; BadInputError when that is nothing."""
    try:
        credentials = boto3.Session().get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None
    except BotoCoreError as error:
        raise BadInputError(
            f"the credentials for S3 cannot be used ({type(error).__name__}); {CHAIN}"
        ) from None
    if frozen is None:
        raise BadInputError(f"there are no credentials for S3; {CHAIN}")
    return frozen
