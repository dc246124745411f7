"""Runs the backup tool as a one-shot container of the server's image, on the platform's network."""

from __future__ import annotations

import io
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docker.errors import DockerException, ImageNotFound, NotFound

from components.platforms.docker.network import EGRESS, INTERNAL

from ..errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from botocore.credentials import ReadOnlyCredentials
    from docker import DockerClient

    from components.platforms.docker.place import Place
    from components.spec import ServiceSpec

ADOPTED = "/adopted"
"""Where the container sees the volume that it takes an index from."""
CREDENTIALS = "/run/secrets/aws/credentials"
TIMEOUT = 6 * 3600
"""Seconds that one answer of Docker may take: it is silent while the tool is."""


@dataclass(frozen=True, kw_only=True)
class OneShot:
    """The container: ``create`` as the Docker SDK takes it; ``then`` is its second network."""

    create: Mapping[str, Any]
    then: str


def one_shot(
    spec: ServiceSpec,
    arguments: Sequence[str],
    variables: Mapping[str, str],
    place: Place,
    adopted: str | None = None,
) -> OneShot:
    """It sees the server and the Pushgateway on one network, and S3 by the other.

    ``adopted``: a volume that it may read.
    """
    addresses = {
        "FAISS_URL": spec.url("http"),
        "PUSHGATEWAY_URL": "http://pushgateway:9091",
        "AWS_SHARED_CREDENTIALS_FILE": CREDENTIALS,
    }
    server = {name: spec.environment[name] for name in ("FAISS_CACHE_SIZE", "FAISS_NUM_WORKERS")}
    return OneShot(
        create={
            "image": place.image(spec.image),
            "command": ["backup", *arguments],
            "environment": {**variables, **addresses, **server},
            "user": f"{spec.user}:{spec.group}",
            "network": place.named(INTERNAL),
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            # A drill holds the indexes once more, as large as the server may have them.
            "mem_limit": int(spec.resources.memory * 2**30),
            "volumes": {adopted: {"bind": ADOPTED, "mode": "ro"}} if adopted else {},
        },
        then=place.named(EGRESS),
    )


def credentials_file(found: ReadOnlyCredentials, spec: ServiceSpec) -> bytes:
    """A tar archive with the file that boto3 reads, for nobody but the container's user."""
    lines = [
        "[default]",
        f"aws_access_key_id = {found.access_key}",
        f"aws_secret_access_key = {found.secret_key}",
        *([f"aws_session_token = {found.token}"] if found.token else []),
    ]
    data = ("\n".join(lines) + "\n").encode()
    entry = tarfile.TarInfo(CREDENTIALS.strip("/"))
    entry.size, entry.mode, entry.uid, entry.gid = len(data), 0o400, spec.user, spec.group
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def run(client: DockerClient, described: OneShot, credentials: bytes | None) -> int:
    """Run it to its end and pass on what it prints; its exit status.

    The credentials are a file that is gone with the container. BadInputError when it cannot run.
    """
    _require_volumes(client, described)
    try:
        container = client.containers.create(**described.create)
        try:
            client.networks.get(described.then).connect(container)
            if credentials:
                container.put_archive("/", credentials)
            container.start()
            for out, err in container.attach(stream=True, logs=True, demux=True):
                sys.stdout.write((out or b"").decode(errors="replace"))
                sys.stderr.write((err or b"").decode(errors="replace"))
            status: int = container.wait()["StatusCode"]
        finally:
            container.remove(force=True, v=True)
    except ImageNotFound:
        image = described.create["image"]
        raise BadInputError(f"there is no image {image} on this machine: rf up makes it") from None
    except NotFound as error:
        said = str(error.explanation or error).partition("\n")[0]
        raise BadInputError(f"{said}: is the stack deployed (rf up)?") from None
    except DockerException as error:
        raise BadInputError(f"Docker refuses: {str(error).partition(chr(10))[0]}") from None
    return status


def _require_volumes(client: DockerClient, described: OneShot) -> None:
    """Docker would make one that it does not know, and it would be empty."""
    for name in described.create["volumes"]:
        try:
            client.volumes.get(name)
        except NotFound:
            raise BadInputError(
                f"there is no volume {name}; docker volume ls shows those there are"
            ) from None
        except DockerException as error:
            raise BadInputError(f"Docker refuses: {str(error).partition(chr(10))[0]}") from None
