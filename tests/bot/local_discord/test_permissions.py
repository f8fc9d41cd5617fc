"""Permissions against a literal transcription of the algorithm that Discord documents."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from bot.local_discord.members import permissions as p
from bot.local_discord.model import (
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    VOICE,
    Channel,
    Guild,
    Member,
    Overwrite,
    Role,
    ThreadMember,
    ThreadState,
    User,
)
from bot.local_discord.scenes.scene_parts import Permission
from bot.local_discord.world import World

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GUILD, OWNER, ME = 1, 100, 200
ROLES = (11, 12, 13)
CHANNEL, THREAD = 1000, 1001
ADMINISTRATOR, MANAGE_CHANNELS, VIEW_CHANNEL, SEND = 1 << 3, 1 << 4, 1 << 10, 1 << 11
TTS, EMBED, ATTACH, HISTORY, EVERYONE, CONNECT = 1 << 12, 1 << 14, 1 << 15, 1 << 16, 1 << 17, 1 << 20
MANAGE_ROLES, MANAGE_THREADS, IN_THREADS = 1 << 28, 1 << 34, 1 << 38

# few bits, so that overwrites and roles meet often; administrator is rare
INTERESTING = (VIEW_CHANNEL, SEND, TTS, EMBED, ATTACH, HISTORY, EVERYONE, MANAGE_THREADS, IN_THREADS)
bits = st.sets(st.sampled_from(INTERESTING)).map(sum)
granted = st.tuples(bits, st.sampled_from([0] * 7 + [ADMINISTRATOR])).map(sum)
overwrite = st.tuples(bits, bits)


def documented_base(member: Member, guild: Guild, roles: dict[int, Role]) -> int:
    """compute_base_permissions of https://discord.com/developers/docs/topics/permissions."""
    if guild.owner_id == member.user_id:
        return p.ALL
    permissions = roles[guild.id].permissions
    for role in member.roles:
        permissions |= roles[role].permissions
    if permissions & ADMINISTRATOR == ADMINISTRATOR:
        return p.ALL
    return permissions


def documented_overwrites(base_permissions: int, member: Member, channel: Channel) -> int:
    """compute_overwrites of the same page."""
    if base_permissions & ADMINISTRATOR == ADMINISTRATOR:
        return p.ALL
    permissions = base_permissions
    overwrites = {each.id: each for each in channel.overwrites}
    overwrite_everyone = overwrites.get(channel.guild_id or 0)
    if overwrite_everyone:
        permissions &= ~overwrite_everyone.deny
        permissions |= overwrite_everyone.allow
    allow = 0
    deny = 0
    for role_id in member.roles:
        overwrite_role = overwrites.get(role_id)
        if overwrite_role:
            allow |= overwrite_role.allow
            deny |= overwrite_role.deny
    permissions &= ~deny
    permissions |= allow
    overwrite_member = overwrites.get(member.user_id)
    if overwrite_member:
        permissions &= ~overwrite_member.deny
        permissions |= overwrite_member.allow
    return permissions


def documented(member: Member, guild: Guild, roles: dict[int, Role], place: Channel, *, thread: str) -> int:
    """compute_permissions, then what the page says about timeouts, threads and implicit permissions."""
    base = documented_base(member, guild, roles)
    permissions = documented_overwrites(base, member, place)
    if permissions == p.ALL and (guild.owner_id == member.user_id or base & ADMINISTRATOR):
        return p.ALL
    if member.timeout_until is not None and member.timeout_until > NOW:
        permissions &= VIEW_CHANNEL | HISTORY
    if thread == "private" and not permissions & MANAGE_THREADS:
        return 0
    if not permissions & VIEW_CHANNEL:
        return 0
    speak = IN_THREADS if thread else SEND
    if not permissions & speak:
        permissions &= ~(EVERYONE | TTS | ATTACH | EMBED)
    return permissions


def thread_of(place: Channel, kind: int, *members: int) -> Channel:
    state = ThreadState(OWNER, NOW, NOW, members=tuple(ThreadMember(each, NOW) for each in members))
    return Channel(THREAD, kind, "t", guild_id=GUILD, parent_id=place.id, thread=state)


@given(
    everyone=granted,
    role_bits=st.tuples(granted, granted, granted),
    held=st.sets(st.sampled_from(ROLES)),
    over=st.fixed_dictionaries({}, optional=dict.fromkeys((GUILD, *ROLES, ME), overwrite)),
    minutes=st.sampled_from([None, -5, 5]),
    owner=st.sampled_from([OWNER, OWNER, OWNER, ME]),
    thread=st.sampled_from(["", "public", "private", "joined"]),
)
def test_permissions_are_those_that_discord_documents(
    everyone: int,
    role_bits: tuple[int, int, int],
    held: set[int],
    over: dict[int, tuple[int, int]],
    minutes: int | None,
    owner: int,
    thread: str,
) -> None:
    world = World(now=lambda: NOW)
    guild = Guild(GUILD, "g", owner)
    world.put_guild(guild)
    for role_id, granted_bits in zip((GUILD, *ROLES), (everyone, *role_bits), strict=True):
        world.put_role(Role(role_id, GUILD, str(role_id), granted_bits))
    until = None if minutes is None else NOW + timedelta(minutes=minutes)
    member = Member(GUILD, ME, NOW, tuple(held), timeout_until=until)
    world.put_user(User(ME, "me"))
    world.put_member(member)
    overwrites = tuple(Overwrite(i, int(i == ME), allow, deny) for i, (allow, deny) in over.items())
    place = Channel(CHANNEL, TEXT, "c", guild_id=GUILD, overwrites=overwrites)
    world.put_channel(place)
    asked = place
    if thread == "public":
        asked = thread_of(place, PUBLIC_THREAD)
    elif thread:
        asked = thread_of(place, PRIVATE_THREAD, *((ME,) if thread == "joined" else ()))
    expected = documented(member, guild, world.roles, place, thread=thread)
    assert p.in_channel(world, ME, asked) == expected


def small_world(everyone: int) -> tuple[World, Member]:
    world = World(now=lambda: NOW)
    world.put_guild(Guild(GUILD, "g", OWNER))
    world.put_role(Role(GUILD, GUILD, "@everyone", everyone))
    member = Member(GUILD, ME, NOW)
    world.put_member(member)
    return world, member


def test_a_timeout_leaves_looking_on_and_ends_by_itself() -> None:
    world, member = small_world(VIEW_CHANNEL | SEND | HISTORY | MANAGE_CHANNELS)
    place = Channel(CHANNEL, TEXT, guild_id=GUILD)
    world.put_member(replace(member, timeout_until=NOW + timedelta(minutes=1)))
    assert p.in_channel(world, ME, place) == VIEW_CHANNEL | HISTORY
    assert p.in_guild(world, world.members_of(GUILD)[0]) == VIEW_CHANNEL | HISTORY
    world.now = lambda: NOW + timedelta(minutes=2)
    assert p.in_channel(world, ME, place) & SEND


def test_voice_channels_need_connect() -> None:
    world, _ = small_world(VIEW_CHANNEL | SEND | MANAGE_CHANNELS | MANAGE_ROLES)
    place = Channel(CHANNEL, VOICE, guild_id=GUILD)
    assert p.in_channel(world, ME, place) == VIEW_CHANNEL | SEND
    world.put_role(Role(GUILD, GUILD, "@everyone", VIEW_CHANNEL | MANAGE_CHANNELS | CONNECT))
    assert p.in_channel(world, ME, place) == VIEW_CHANNEL | MANAGE_CHANNELS | CONNECT


def test_the_bits_are_discords() -> None:
    assert (p.PIN_MESSAGES, p.BYPASS_SLOWMODE, p.MODERATE_MEMBERS) == (1 << 51, 1 << 52, 1 << 40)
    assert (p.USE_APPLICATION_COMMANDS, p.SEND_POLLS, p.USE_EXTERNAL_APPS) == (1 << 31, 1 << 49, 1 << 50)
    assert set(get_args(Permission.__value__)) == set(p.NAMES)
    assert len(set(p.NAMES.values())) == len(p.NAMES)
    assert not p.EVERYONE_DEFAULT & (p.ADMINISTRATOR | p.MANAGE_MESSAGES | p.PIN_MESSAGES)
