"""What a network consists of, and how its addresses are shared out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import islice

ZONES = 3
INTERFACES = ("ecr.api", "ecr.dkr")
"""AWS services that get an address in every private subnet, at a price an hour each."""
SERVICES = IPv4Network("172.20.0.0/16")
"""Where Kubernetes Services have their addresses: one of the two ranges that EKS takes itself."""
DNS = str(SERVICES[10])
"""Where EKS puts the kube-dns Service."""
WIDEST, NARROWEST = 16, 20
"""Prefix lengths of a VPC: AWS takes none wider, and a narrower one leaves pods too few addresses.

The smallest private subnet, a /22, then has 1019 addresses, and Auto Mode takes 16 at a time.
"""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A subnet of each kind for every zone, in the order of the zones."""

    private: tuple[str, ...]
    public: tuple[str, ...]


def layout(cidr: str) -> Layout:
    """Three quarters of ``cidr`` are private subnets; the last one holds the small public ones."""
    *private, rest = IPv4Network(cidr).subnets(prefixlen_diff=2)
    public = islice(rest.subnets(prefixlen_diff=2), ZONES)
    return Layout(private=tuple(map(str, private)), public=tuple(map(str, public)))


def checked(cidr: str) -> str:
    """``cidr`` when a VPC of this program can have it; ValueError says why not."""
    network = IPv4Network(cidr)
    if not network.is_private or not WIDEST <= network.prefixlen <= NARROWEST:
        raise ValueError(
            f"must be a private range between /{WIDEST} and /{NARROWEST}, as 10.0.0.0/16"
        )
    if network.overlaps(SERVICES):
        raise ValueError(f"overlaps {SERVICES}, where the cluster's Services have their addresses")
    return cidr
