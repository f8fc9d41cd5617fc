"""Whatever is done in whatever order over a real gateway: the mirror is as the local Discord, and decides as it does."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.discord.api import open_api, pointed_at
from bot.local_discord.gateway.faults import GatewayFault
from bot.local_discord.members.permissions import (
    ADMINISTRATOR,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    can_see,
    in_channel,
)
from bot.local_discord.server import Config, LocalDiscord, running
from bot.mirror.permissions import reads
from bot.storage.database import Database
from tests.bot.discord.mirrored import Comparison, as_ours, mirror_of, mirroring
from tests.waiting import eventually

type Json = dict[str, Any]

READ = VIEW_CHANNEL | READ_MESSAGE_HISTORY
BITS = (
    VIEW_CHANNEL,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    MANAGE_THREADS,
    READ,
    0,
)
STEPS = (
    "role",
    "role_bits",
    "role_gone",
    "channel",
    "channel_gone",
    "move",
    "allow",
    "allow",
    "disallow",
    "thread",
    "archive",
    "thread_gone",
    "roles_of",
    "timeout",
    "rename",
    "cut",
    "twice",
    "swapped",
    "lost",
)
steps = st.tuples(st.sampled_from(STEPS), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))


@dataclass(slots=True)
class Walk:
    """A guild whose owner does things at random."""

    local: LocalDiscord
    owner: httpx.AsyncClient
    guild: int
    cut: bool = False
    done: list[str] = field(default_factory=list[str])

    async def step(self, what: str, first: int, second: int, third: int) -> None:
        world, guild = self.local.stage.world, self.guild
        if what in {"cut", "twice", "swapped", "lost"}:
            self._trouble(what)
            return
        channels, threads = world.channels_of(guild), world.threads_of(guild)
        roles, members = world.roles_of(guild), world.members_of(guild)
        channel = channels[first % len(channels)].id if channels else 1
        thread = threads[first % len(threads)].id if threads else 1
        role, member = roles[second % len(roles)].id, members[second % len(members)].user_id
        bits, others = BITS[third % len(BITS)], BITS[first % len(BITS)]
        bits = ADMINISTRATOR if first + second + third == 17 else bits
        target = role if third % 3 else member
        until = (self.local.stage.now() + timedelta(hours=1)).isoformat() if third % 2 else None
        requests: dict[str, tuple[str, str, Json | None]] = {
            "role": ("POST", f"/guilds/{guild}/roles", {"name": f"r{first}", "permissions": str(bits)}),
            "role_bits": ("PATCH", f"/guilds/{guild}/roles/{role}", {"permissions": str(bits)}),
            "role_gone": ("DELETE", f"/guilds/{guild}/roles/{role}", None),
            "channel": (
                "POST",
                f"/guilds/{guild}/channels",
                {"name": f"c{first}", "type": (0, 2, 4)[third % 3]},
            ),
            "channel_gone": ("DELETE", f"/channels/{channel}", None),
            "move": ("PATCH", f"/channels/{channel}", {"name": f"m{second}", "nsfw": third % 2 == 0}),
            "allow": (
                "PUT",
                f"/channels/{channel}/permissions/{target}",
                {"type": 0 if third % 3 else 1, "allow": str(bits & ~others), "deny": str(others)},
            ),
            "disallow": ("DELETE", f"/channels/{channel}/permissions/{target}", None),
            "thread": ("POST", f"/channels/{channel}/threads", {"name": f"t{first}", "type": 11 + third % 2}),
            "archive": ("PATCH", f"/channels/{thread}", {"archived": third % 2 == 0}),
            "thread_gone": ("DELETE", f"/channels/{thread}", None),
            "roles_of": (
                "PATCH",
                f"/guilds/{guild}/members/{member}",
                {
                    "roles": [
                        str(r.id) for r in roles[1:] if (first >> roles.index(r) % 5) & 1 and r.bot_id is None
                    ]
                },
            ),
            "timeout": (
                "PATCH",
                f"/guilds/{guild}/members/{member}",
                {"communication_disabled_until": until},
            ),
            "rename": ("PATCH", f"/guilds/{guild}", {"name": f"guild {third}"}),
        }
        method, path, body = requests[what]
        answer = await self.owner.request(method, f"/api/v10{path}", json=body)
        self.done.append(f"{method} {path} {body} {answer.status_code}")
        assert answer.status_code < 500

    def _trouble(self, what: str) -> None:
        hub, bot = self.local.hub, self.local.application_id
        self.done.append(what)
        match what:
            case "cut":
                # A line cut while nextcord is just making it leaves a connection unclosed, which is nextcord's.
                if not self.cut and any(one.wire is not None for one in hub.of_application(bot)):
                    self.cut = True
                    hub.disturb("close", application_id=bot)
            case "twice":
                hub.faults.add(GatewayFault(0, "duplicate", application_id=bot))
            case "swapped":
                hub.faults.add(GatewayFault(0, "reorder", application_id=bot))
            case _:
                hub.faults.add(GatewayFault(0, "drop", event="*_UPDATE", application_id=bot))


@pytest.fixture
def anew(database: Database) -> Database:
    """One database for all walks: what a walk leaves there is what the next one's bot finds at its start."""
    return database


@pytest.mark.slow
@given(st.lists(steps, min_size=8, max_size=40))
@settings(
    max_examples=5,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink a walk takes minutes
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
async def test_the_mirror_is_as_discord(anew: Database, todo: list[tuple[str, int, int, int]]) -> None:
    async with running(Config()) as local:
        guild = next(iter(local.stage.world.guilds))
        owner = {"X-Local-Key": local.key, "X-Local-Member": str(local.stage.world.guilds[guild].owner_id)}
        with pointed_at(local.api_url):
            async with (
                httpx.AsyncClient(base_url=local.base_url, headers=owner, trust_env=False) as client,
                open_api(local.bot_token) as api,
                mirroring(local.bot_token, anew),
            ):
                walk = Walk(local, client, guild)
                mirror = mirror_of(anew, api)
                comparison = Comparison(local, anew, mirror, guild)
                await eventually(comparison.holds)
                for step in todo:
                    await walk.step(*step)
                local.hub.faults.remove()
                # An event after the last one shows what was missed before it.
                await walk.step("rename", 0, 0, 50)
                try:
                    await eventually(comparison.holds)
                except TimeoutError:
                    raise AssertionError([*walk.done, await comparison.differences()]) from None
                await _nobody_is_told_too_much(comparison)


async def _nobody_is_told_too_much(comparison: Comparison) -> None:
    world, mirror, guild = comparison.local.stage.world, comparison.mirror, comparison.guild_id
    bot = comparison.local.application_id
    places = [
        *world.channels_of(guild),
        # Archived ones that it never heard of it does not know.
        *(
            t
            for t in world.threads_of(guild)
            if can_see(world, bot, t) and t.thread and not t.thread.archived
        ),
    ]
    for place in places:
        if place.kind == 4:
            continue
        found = await mirror.readable_by_all_of(guild, place.id)
        for member in world.members_of(guild):
            if can_see(world, member.user_id, place) and member.user_id != bot:
                for channel_id in found.ids:
                    other = world.channels[channel_id]
                    granted = in_channel(world, member.user_id, other)
                    # Who sees a voice channel without getting in sees no answer there either.
                    same = other.id == place.id and granted & READ == READ
                    assert same or reads(granted, as_ours(other)), (place.name, other.name, member.user_id)
    for member in world.members_of(guild) if places else []:
        reader = comparison.reader(member)
        own = await mirror.readable_by(
            guild, reader, place_id=places[0].id, private_threads=[t.id for t in places if t.kind == 12]
        )
        for channel_id in own.ids:
            other = world.channels[channel_id]
            assert reads(in_channel(world, member.user_id, other), as_ours(other))
