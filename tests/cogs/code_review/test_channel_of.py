"""Which channel a repository's pull requests go to, while Discord is just telling of the channels."""

from types import SimpleNamespace
from typing import Any

import pytest

from cogs.code_review.starting import channel_of
from cogswarm import OutsideError
from cogswarm.review import Repository


class JustTold:
    """Tasks of a server whose channels become known between two looks."""

    def __init__(self) -> None:
        self._looks = 0

    async def is_here(self, channel_id: int) -> bool:
        assert channel_id == 7
        return self._looked()

    async def channels_are_known(self) -> bool:
        return self._looked()

    def _looked(self) -> bool:
        self._looks += 1
        return self._looks > 1


async def test_what_becomes_known_between_two_looks_is_found_or_asked_for_again() -> None:
    settings = SimpleNamespace(wants=lambda _name: True)  # pyright: ignore[reportUnknownLambdaType] - any repository
    ctx: Any = SimpleNamespace(
        tasks=JustTold(),
        server=SimpleNamespace(channels_with_settings=lambda _cog: [7]),  # pyright: ignore[reportUnknownLambdaType] - of one cog
        at=lambda _channel: SimpleNamespace(settings=settings),  # pyright: ignore[reportUnknownLambdaType] - of one channel
    )
    assert await channel_of(ctx, Repository("octo-org", "shop")) == 7


async def test_what_is_not_known_yet_is_asked_for_again() -> None:
    async def no(*_asked: object) -> bool:
        return False

    ctx: Any = SimpleNamespace(
        tasks=SimpleNamespace(is_here=no, channels_are_known=no),
        server=SimpleNamespace(channels_with_settings=lambda _cog: [7]),  # pyright: ignore[reportUnknownLambdaType] - of one cog
    )
    with pytest.raises(OutsideError):
        await channel_of(ctx, Repository("octo-org", "shop"))
