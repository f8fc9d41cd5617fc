"""Which network addresses may be connected to when somebody else chose the address.

The rule is an allow rule: an address must be global unicast in the IANA special-purpose registries as
the standard library knows them. On top of that come ranges that carry another address inside, so that
the address checked would not be the address reached, and public addresses that are a cloud's inside.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

type Address = IPv4Address | IPv6Address

_REFUSED_RANGES = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("100.64.0.0/10", "a shared (carrier) address"),  # RFC 6598
        (
            "192.0.0.0/24",
            "a reserved address",
        ),  # RFC 6890; early releases of Python 3.12 know only a part of it
        ("192.88.99.0/24", "a 6to4 relay address"),  # RFC 7526
        ("168.63.129.16/32", "a cloud provider's internal address"),  # Azure's platform endpoint
        ("::ffff:0:0/96", "an IPv4 address in IPv6 form"),  # RFC 4291 §2.5.5.2
        ("::ffff:0:0:0/96", "an IPv4 address in IPv6 form"),  # RFC 2765 §2.1
        ("::/96", "an IPv4 address in IPv6 form"),  # RFC 4291 §2.5.5.1
        ("2002::/16", "a 6to4 address"),  # RFC 3056
        ("2001::/32", "a Teredo address"),  # RFC 4380
        ("64:ff9b::/96", "a NAT64 address"),  # RFC 6052
        ("64:ff9b:1::/48", "a NAT64 address"),  # RFC 8215
        ("3fff::/20", "a documentation address"),  # RFC 9637
        ("5f00::/16", "a segment routing address"),  # RFC 9602
    )
)


def why_refused(address: Address) -> str | None:
    """Say what kind of forbidden address this is ("a private address"), or None where it may be fetched."""
    kinds = (
        (address.is_loopback, "a loopback address"),
        (address.is_unspecified, "the unspecified address"),
        (isinstance(address, IPv6Address) and address.scope_id is not None, "an address of one interface"),
        (address.is_link_local, "a link-local address"),
        (address.is_multicast, "a multicast address"),
        *((address in network, kind) for network, kind in _REFUSED_RANGES),
        (isinstance(address, IPv6Address) and address.is_site_local, "a private address"),
        (address.is_reserved, "a reserved address"),
        (address.is_private, "a private address"),
        (not address.is_global, "not a public address"),
    )
    return next((kind for applies, kind in kinds if applies), None)


def as_address(host: str) -> Address | None:
    """Read an address literal; None where ``host`` is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
