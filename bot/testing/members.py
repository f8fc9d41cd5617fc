"""How people of the scene are asked for."""

from typing import Protocol

from bot.testing.person import Person


class Members(Protocol):
    """What the fixture ``members`` gives; name it in the annotations of tests."""

    async def __call__(self, name: str = "", *, channel: str = "") -> Person:
        """The person of that name in that channel; left out, the scene's default person in #general."""
        ...
