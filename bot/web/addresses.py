"""Where the web address is, for those who serve it and those who call it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.config.web import WebSection

MCP = "/mcp"


def address_of(section: WebSection, port: int) -> str:
    """Where this machine reaches the web address."""
    host = section.listen
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - only looked for
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def mcp_address(section: WebSection) -> str:
    """Where this machine reaches MCP, by the configuration."""
    return f"{address_of(section, section.port)}{MCP}"


def is_plain_elsewhere(url: str) -> bool:
    """Whether a token sent to this address could be read on its way."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    return parts.scheme == "http" and not local
