from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.fetch.addresses import why_refused
from bot.fetch.hosts import AllowedHosts

REFUSED = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254
169.254.0.1 100.64.0.1 100.100.100.200 100.127.255.255 192.0.0.1 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.7
203.0.113.9 192.88.99.1 168.63.129.16 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::8.8.8.8 64:ff9b:1::1
2002:7f00:1:: 2002:808:808:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 3fff::1 5f00::1 100::1 fc00::1
fd00:ec2::254 fe80::1 fe80::1%lo 2606:4700::1%lo fec0::1 ff02::1 ff0e::1
""".split()  # noqa: SIM905 - reads better # easier to read
PUBLIC = "8.8.8.8 1.1.1.1 93.184.216.34 172.32.0.1 100.128.0.1 11.0.0.1 2606:4700::1111 2a00:1450::1".split()  # noqa: SIM905 - reads better


@pytest.mark.parametrize("text", REFUSED)
def test_addresses_that_are_not_public_are_refused(text: str) -> None:
    assert why_refused(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_pass(text: str) -> None:
    assert why_refused(ip_address(text)) is None


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_in_an_ipv6_disguise(address: IPv4Address) -> None:
    number = int(address)
    disguises = (
        (0xFFFF << 32) | number,
        number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80),
    )
    assert all(why_refused(IPv6Address(disguise)) for disguise in disguises)


@given(st.ip_addresses())
def test_what_passes_is_global_unicast(address: IPv4Address | IPv6Address) -> None:
    if why_refused(address) is None:
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize(
    ("entry", "host", "port", "permitted"),
    [
        ("feeds.corp.example", "feeds.corp.example", 80, True),
        ("feeds.corp.example", "FEEDS.corp.example.", 8080, True),
        ("feeds.corp.example", "other.corp.example", 80, False),
        ("feeds.corp.example", "a.feeds.corp.example", 80, False),
        ("127.0.0.1:8123", "127.0.0.1", 8123, True),
        ("127.0.0.1:8123", "127.0.0.1", 8124, False),
        ("127.0.0.1:8123", "localhost", 8123, False),
        ("[::1]:8123", "::1", 8123, True),
        ("::1", "0:0:0:0:0:0:0:1", 9, True),
    ],
)
def test_allowed_hosts_are_matched_exactly(entry: str, host: str, port: int, *, permitted: bool) -> None:
    assert AllowedHosts.parse([entry]).permits(host, port) is permitted


@pytest.mark.parametrize(
    "entry", ["", "*", "*.corp.example", "http://a.example", "a b", "host:0", "host:x", "h:99999"]
)
def test_an_entry_that_is_no_host_is_a_config_error(entry: str) -> None:
    with pytest.raises(ConfigError, match="allow_hosts"):
        AllowedHosts.parse([entry])
