"""Backups, drills and restores of the vector indexes as runs in the server's own image."""

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from .faiss_backup import BackupArgs, variables
from .internal_tls.names import AUTHORITY
from .spec import ServiceSpec
from .spec.mounts import Scratch, SecretFile
from .spec.network import Edge, Outside
from .spec.runs import Job, Resources, ScheduledJob

COMMAND = ("python3", "-m", "faiss_server", "backup")
ACCOUNT = "faiss-backup"
"""The ServiceAccount that may be given a role for the bucket; the server has none."""
CREDENTIALS = "/run/secrets/aws/credentials"
CREDENTIALS_TEMPLATE = (
    "[default]\n"
    "aws_access_key_id = ${backupAccessKey}\n"
    "aws_secret_access_key = ${backupSecretKey}\n"
)
DISK = "/scratch"
HTTPS, HTTP = 443, 80
BACKUP_SECONDS = 2 * 3600
"""What a backup may take. It tells the time at which it began, so its age grows by as much."""
RESTORE_SECONDS = 4 * 3600
BESIDE_THE_CACHE = 0.5
"""GiB for the tool itself, beside the server of a drill."""


def scheduled(
    server: ServiceSpec, args: BackupArgs, pushgateway: ServiceSpec
) -> Iterator[ScheduledJob]:
    """The backup and the drill of ``server``, each where it has a schedule."""
    run = partial(
        ScheduledJob,
        timezone=args.timezone,
        internet=True,
        outside=_endpoint(args),
        secret_files=_credentials(args),
        account=ACCOUNT,
    )
    environment = _environment(args) | {"PUSHGATEWAY_URL": pushgateway.url("http")}
    tell = _edge(pushgateway)
    if args.schedule is not None:
        yield run(
            name="backup",
            command=(*COMMAND, "create"),
            schedule=args.schedule,
            environment=environment | _server(server),
            trusts=server.sidecar.certificate if server.sidecar else None,
            talks_to=(_edge(server), tell),
            resources=Resources(cpu=0.5, memory=0.5),
            timeout_seconds=BACKUP_SECONDS,
        )
    if args.drill_schedule is not None:
        (volume,) = server.volumes
        yield run(
            name="drill",
            command=(*COMMAND, "drill"),
            schedule=args.drill_schedule,
            environment=environment | _drill(server),
            talks_to=(tell,),
            resources=Resources(cpu=1, memory=server.resources.memory + BESIDE_THE_CACHE),
            disk=Scratch(path=DISK, size=volume.size),
            timeout_seconds=RESTORE_SECONDS,
        )


def restore(server: ServiceSpec, args: BackupArgs) -> Job:
    """Puts the latest good backup into the volume of ``server`` if that holds nothing."""
    told = {name: server.environment[name] for name in ("FAISS_DATA_DIR", "FAISS_CACHE_SIZE")}
    return Job(
        name="restore",
        command=(*COMMAND, "install"),
        environment=_environment(args) | told,
        # It loads what it verifies, as the server will.
        resources=server.resources,
        timeout_seconds=RESTORE_SECONDS,
        internet=True,
        outside=_endpoint(args),
        secret_files=_credentials(args),
        account=ACCOUNT,
    )


def _server(server: ServiceSpec) -> dict[str, str]:
    """Where the server is, and whom to trust there. For S3, boto3 has authorities of its own."""
    trust = {"SSL_CERT_FILE": AUTHORITY} if server.sidecar else {}
    return {"FAISS_URL": server.url("http"), **trust}


def _drill(server: ServiceSpec) -> dict[str, str]:
    """A server that loads what ``server`` has, and answers one request at a time."""
    cache = server.environment["FAISS_CACHE_SIZE"]
    return {"FAISS_CACHE_SIZE": cache, "FAISS_NUM_WORKERS": "1", "TMPDIR": DISK}


def _edge(spec: ServiceSpec) -> Edge:
    return Edge(service=spec.name, port=spec.port("http").number)


def _environment(args: BackupArgs) -> dict[str, str]:
    if args.credentials == "role":
        return variables(args)
    return variables(args) | {"AWS_SHARED_CREDENTIALS_FILE": CREDENTIALS}


def _credentials(args: BackupArgs) -> tuple[SecretFile, ...]:
    if args.credentials == "role":
        return ()
    return (SecretFile(path=CREDENTIALS, template=CREDENTIALS_TEMPLATE),)


def _endpoint(args: BackupArgs) -> tuple[Outside, ...]:
    """Amazon's endpoints are public, and HTTPS to those is allowed; any other is named."""
    if args.endpoint is None:
        return ()
    found = urlsplit(args.endpoint)
    port = found.port or (HTTPS if found.scheme == "https" else HTTP)
    return (Outside(host=found.hostname or "", port=port),)
