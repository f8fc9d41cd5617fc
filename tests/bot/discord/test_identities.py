"""Agents speak under their own names through a few webhooks, whatever becomes of those."""

from collections import Counter

import pytest

from bot.work.surface import Place, Say, Speaker
from tests.bot.discord.conftest import Harbour

AGENTS = 30
WEBHOOKS = 15


async def hooks(harbour: Harbour, channel: int | None = None) -> list[int]:
    path = "/channels/{channel_id}/webhooks"
    found = await harbour.api.request("GET", path, channel_id=channel or harbour.channel)
    return [int(one["id"]) for one in found]


async def make_hooks(harbour: Harbour, number: int) -> None:
    """Webhooks of somebody else's."""
    world = harbour.local.stage.world
    for _ in range(number):
        made = await harbour.api.request(
            "POST", "/channels/{channel_id}/webhooks", body={"name": "theirs"}, channel_id=harbour.channel
        )
        webhook = world.webhooks[int(made["id"])]
        object.__setattr__(webhook, "application_id", None)


@pytest.mark.parametrize("others", [0, 13, 15])
async def test_thirty_agents_speak_in_one_channel_through_at_most_fifteen_webhooks(
    harbour: Harbour, others: int
) -> None:
    await make_hooks(harbour, others)
    names = [f"Agent {number}" for number in range(AGENTS)]
    for name in names:
        await harbour.post(name, f"I am {name}", speaker=Speaker(name))
    async with harbour.delivering():
        await harbour.settled()
    messages = await harbour.messages()
    if others < WEBHOOKS:
        assert [one["author"]["username"] for one in messages] == names
        used = Counter(one["webhook_id"] for one in messages)
        assert 1 < len(used) <= WEBHOOKS - others or len(used) == WEBHOOKS - others
    else:
        assert [one["content"] for one in messages] == [f"**{name}** · I am {name}" for name in names]
    assert len(await hooks(harbour)) <= WEBHOOKS


async def test_an_agent_keeps_its_webhook_also_in_threads(harbour: Harbour) -> None:
    speaker = Speaker("Researcher")
    async with harbour.database.transaction() as conn:
        (starter,) = await harbour.surface.post(conn, "s", Place(channel_id=harbour.channel), Say("start"))
        place = await harbour.surface.open_thread(conn, "t", starter, "thread")
        await harbour.surface.post(conn, "inside", place, Say("inside", speaker))
    await harbour.post("outside", "outside", speaker=speaker)
    async with harbour.delivering():
        await harbour.settled()
    async with harbour.delivering():
        # another process, which knows nothing yet, finds it again
        await harbour.post("later", "later", speaker=speaker)
        await harbour.settled()
    assert len(await hooks(harbour)) == 1


async def test_a_message_said_by_a_webhook_that_is_gone_is_found_and_not_said_again(harbour: Harbour) -> None:
    speaker = Speaker("Researcher")
    await harbour.fault(method="POST", path="*/webhooks/*", status=502, when="after", times=1)
    # Nor can be read whether it stands there, for as long as this process lives.
    await harbour.fault(method="GET", path="*/messages", status=502, times=None)
    await harbour.post("k", "once", speaker=speaker)
    async with harbour.delivering() as deliverer:

        async def was_asked() -> bool:
            return len(await harbour.requests("POST", "*/webhooks/*/*")) > 0

        await harbour.until(was_asked)
        deliverer.cancel()
    assert await harbour.count("state = 'sending'") == 1
    await harbour.no_faults()
    (hook,) = await hooks(harbour)
    await harbour.api.request("DELETE", "/webhooks/{webhook_id}", webhook_id=hook)
    async with harbour.delivering():
        await harbour.settled()
    assert await harbour.texts() == ["once"]


async def test_webhooks_that_vanish_as_fast_as_they_are_made_are_not_made_for_ever(harbour: Harbour) -> None:
    await harbour.fault(
        method="POST",
        path="*/webhooks/*",
        status=404,
        body={"message": "Unknown Webhook", "code": 10015},
        times=None,
    )
    await harbour.post("k", "heard anyway", speaker=Speaker("Researcher"))
    async with harbour.delivering():
        await harbour.settled()
    assert await harbour.texts() == ["**Researcher** · heard anyway"]
    assert len(await harbour.requests("POST", "*/channels/*/webhooks")) <= 2
    assert len(await harbour.requests("POST", "*/webhooks/*/*")) == 2


async def test_a_name_in_front_of_a_full_message_cuts_nothing_off(harbour: Harbour) -> None:
    refusal = {"message": "Missing Permissions", "code": 50013}
    await harbour.fault(path="*/channels/*/webhooks", status=403, body=refusal, times=None)
    text = "x" * 3_990
    await harbour.post("k", text, speaker=Speaker("A" * 80))
    async with harbour.delivering():
        await harbour.settled()
    said = "".join(one.removeprefix(f"**{'A' * 80}** · ") for one in await harbour.texts())
    assert said == text


async def test_where_a_kind_of_channel_has_no_webhooks_the_bot_speaks(harbour: Harbour) -> None:
    refusal = {"message": "Cannot execute action on this channel type", "code": 50024}
    await harbour.fault(method="POST", path="*/channels/*/webhooks", status=400, body=refusal, times=None)
    await harbour.post("k", "hello", speaker=Speaker("Researcher"))
    async with harbour.delivering():
        await harbour.settled()
    assert await harbour.texts() == ["**Researcher** · hello"]
