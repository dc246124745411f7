"""Paths of a machine that no container should see. The same for Docker and Kubernetes."""

import posixpath

RUNTIME_SOCKETS = frozenset(
    {
        "docker.sock",
        "containerd.sock",
        "containerd.sock.ttrpc",
        "crio.sock",
        "cri-dockerd.sock",
        "podman.sock",
        "dockershim.sock",
    }
)
# Folders in which the sockets lie.
SOCKET_FOLDERS = frozenset(
    {
        "/run",
        "/run/containerd",
        "/run/crio",
        "/run/podman",
        "/var/run",
        "/var/run/containerd",
        "/var/run/crio",
        "/var/run/podman",
    }
)
SENSITIVE_ITSELF = frozenset({"/", "/home", "/usr", "/var", "/var/lib", "/var/log", "/lib", "/opt"})
SENSITIVE_BELOW = (
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib64",
    "/proc",
    "/root",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/lib",
    "/usr/sbin",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/kubelet",
)
# Read by everybody, and nothing in them is private.
HARMLESS = frozenset({"/etc/localtime", "/etc/timezone", "/dev/shm", "/usr/share/zoneinfo"})  # noqa: S108


def is_runtime_socket(path: object) -> bool:
    """Whether ``path`` is the socket of a container runtime."""
    return isinstance(path, str) and posixpath.basename(path.rstrip("/")) in RUNTIME_SOCKETS


def holds_runtime_socket(path: object) -> bool:
    """Whether the socket of a container runtime usually lies in ``path``."""
    return isinstance(path, str) and normal(path) in SOCKET_FOLDERS


def is_sensitive(path: object) -> bool:
    """Whether ``path`` is the machine's own: its programs, settings, keys, devices or disks."""
    if not isinstance(path, str) or normal(path) in HARMLESS:
        return False
    found = normal(path)
    return found in SENSITIVE_ITSELF or any(
        found == parent or found.startswith(f"{parent}/") for parent in SENSITIVE_BELOW
    )


def normal(path: str) -> str:
    """``path`` without ``..``, doubled slashes, and one at the end."""
    found = posixpath.normpath(path)
    return f"/{found.lstrip('/')}" if found.startswith("/") else found
