"""How a VPC's addresses are shared out."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.cidr import DNS, NARROWEST, SERVICES, WIDEST, ZONES, checked, layout

PRIVATE = [IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


@st.composite
def networks(draw: st.DrawFn) -> IPv4Network:
    """A private range of a size that a VPC may have."""
    inside = draw(st.sampled_from(PRIVATE))
    length = draw(st.integers(WIDEST, NARROWEST))
    index = draw(st.integers(0, 2 ** (length - inside.prefixlen) - 1))
    return IPv4Network((int(inside[0]) + index * 2 ** (32 - length), length))


def subnets(network: IPv4Network) -> list[IPv4Network]:
    found = layout(str(network))
    return [IPv4Network(each) for each in (*found.private, *found.public)]


@given(networks())
def test_every_zone_has_a_private_and_a_public_subnet(network: IPv4Network) -> None:
    found = layout(str(network))

    assert len(found.private) == len(found.public) == ZONES


@given(networks())
def test_no_address_is_given_twice_or_from_outside(network: IPv4Network) -> None:
    found = subnets(network)

    assert all(each.subnet_of(network) for each in found)
    assert not any(one.overlaps(other) for one, other in combinations(found, 2))


@given(networks())
def test_subnets_are_as_large_as_aws_and_auto_mode_want_them(network: IPv4Network) -> None:
    """AWS takes nothing smaller than a /28, and keeps five addresses of each for itself."""
    found = layout(str(network))
    private = {IPv4Network(each).num_addresses for each in found.private}
    public = {IPv4Network(each).prefixlen for each in found.public}

    assert len(private) == 1
    assert private.pop() - 5 >= 1019
    assert max(public) <= 28


@given(networks())
def test_three_quarters_are_for_nodes_and_pods(network: IPv4Network) -> None:
    private = sum(IPv4Network(each).num_addresses for each in layout(str(network)).private)

    assert private * 4 == network.num_addresses * 3


@given(networks())
def test_a_network_is_taken_where_it_leaves_the_services_theirs(network: IPv4Network) -> None:
    if network.overlaps(SERVICES):
        with pytest.raises(ValueError, match="overlaps"):
            checked(str(network))
    else:
        assert checked(str(network)) == str(network)


@pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/21", "8.8.0.0/16", "10.0.0.1/16", "x"])
def test_other_ranges_are_refused(cidr: str) -> None:
    with pytest.raises(ValueError, match=r"private range|host bits|IPv4|Expected"):
        checked(cidr)


def test_dns_answers_at_the_tenth_address_of_the_services() -> None:
    assert DNS == "172.20.0.10"
