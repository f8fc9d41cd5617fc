"""The words of the code beside those that people read, who know Discord's page and not our plans."""

from types import MappingProxyType

SHOWN = MappingProxyType(
    {"guild": "server", "backend": "model provider", "lease": "claim", "principal": "the person who asked"}
)
"""What people read instead of each of our words."""
