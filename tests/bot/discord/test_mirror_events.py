"""What the gateway says is read without trust: nothing that is wrong makes anything readable."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.mirror_events import (
    Account,
    ChannelGone,
    ChannelPut,
    GuildDoubt,
    GuildGone,
    Malformed,
    is_of_guilds,
    read_event,
)
from bot.mirror.picture import Channel, Overwrite

GUILD = "100"
EVERYONE = {"id": GUILD, "name": "@everyone", "permissions": "1024"}
NAMES = (
    "GUILD_CREATE",
    "GUILD_UPDATE",
    "GUILD_DELETE",
    "GUILD_ROLE_CREATE",
    "GUILD_ROLE_DELETE",
    "CHANNEL_UPDATE",
)
MORE_NAMES = ("CHANNEL_DELETE", "THREAD_CREATE", "THREAD_DELETE", "THREAD_LIST_SYNC")
FIELDS = [
    "id",
    "guild_id",
    "owner_id",
    "name",
    "roles",
    "role",
    "role_id",
    "channels",
    "threads",
    "channel_ids",
    "permission_overwrites",
    "type",
    "parent_id",
    "flags",
    "nsfw",
    "thread_metadata",
    "archived",
    "permissions",
    "position",
    "tags",
    "bot_id",
    "allow",
    "deny",
    "unavailable",
]

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1", GUILD, str(2**70)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8),
    max_leaves=20,
)


def _guild(**fields: Any) -> dict[str, Any]:
    return {"id": GUILD, "name": "g", "owner_id": "1", "roles": [EVERYONE], "channels": [], **fields}


def _channel(**fields: Any) -> Channel:
    found = read_event("CHANNEL_UPDATE", {"id": "5", "guild_id": GUILD, "type": 0, **fields})
    assert found is not None
    assert isinstance(found[1], ChannelPut)
    return found[1].channel


@given(st.sampled_from([*NAMES, *MORE_NAMES]), anything | st.dictionaries(st.sampled_from(FIELDS), anything))
def test_whatever_comes_is_read_or_refused(name: str, data: Any) -> None:
    assert is_of_guilds(name)
    try:
        read_event(name, data)
    except Malformed:
        return


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": None},
        {"roles": []},
        {"roles": [EVERYONE, None]},
        {"roles": [EVERYONE, {"id": "7", "permissions": "many"}]},
        {"roles": [EVERYONE, {"id": "7"}]},
        {"owner_id": None},
        {"owner_id": str(2**63)},
        {"channels": None},
        {"channels": {}},
    ],
)
def test_a_guild_whose_roles_cannot_be_read_is_doubted(wrong: dict[str, Any]) -> None:
    assert read_event("GUILD_CREATE", _guild(**wrong)) == (100, GuildDoubt("unreadable"))


def test_a_channel_that_cannot_be_read_is_left_out() -> None:
    channels = [
        None,
        {"id": None},
        {"id": "5", "type": None},
        {"id": "6", "type": 10**9},
        {"id": "7", "type": 99},
    ]
    found = read_event("GUILD_CREATE", _guild(channels=channels, threads=None))
    assert found is not None
    assert isinstance(found[1], Account)
    assert found[1].channels == (Channel(7, 100, None, 99),)


@pytest.mark.parametrize(
    "overwrites",
    [None, {}, [None], [{"id": "1"}], [{"id": "1", "type": 2, "allow": "0", "deny": "0"}],
     [{"id": "1", "type": 0, "allow": None, "deny": "0"}], [{"id": "1", "type": 0, "allow": "0", "deny": "0"}] * 2],
)  # fmt: skip
def test_overwrites_that_cannot_be_read_are_not_known_rather_than_none(overwrites: Any) -> None:
    assert _channel(permission_overwrites=overwrites).overwrites is None
    assert _channel(permission_overwrites=[]).overwrites == ()


def test_what_is_hidden_from_the_bot_is_not_known() -> None:
    told = [{"id": GUILD, "type": 0, "allow": "0", "deny": "1024"}]
    assert _channel(permission_overwrites=told).overwrites == (Overwrite(False, 100, 0, 1024),)
    assert _channel(permission_overwrites=told, flags=1 << 17, name="___hidden___").overwrites is None


def test_names_are_such_as_a_database_keeps() -> None:
    assert _channel(name="a\x00b\ud800").name == "ab?"
    assert _channel(name=["x"]).name == ""
    assert len(_channel(name="x" * 10_000).name) == 200


def test_a_guild_that_is_away_is_not_gone() -> None:
    assert read_event("GUILD_DELETE", {"id": GUILD, "unavailable": True}) == (100, GuildDoubt("unavailable"))
    assert read_event("GUILD_DELETE", {"id": GUILD}) == (100, GuildGone())
    assert read_event("GUILD_CREATE", {"id": GUILD, "unavailable": True}) == (100, GuildDoubt("unavailable"))


def test_direct_messages_are_of_no_guild() -> None:
    assert read_event("CHANNEL_CREATE", {"id": "5", "type": 1}) is None
    assert read_event("THREAD_DELETE", {"id": "5", "guild_id": GUILD}) == (100, ChannelGone(5))
    with pytest.raises(Malformed):
        read_event("GUILD_ROLE_DELETE", {"role_id": "5"})


def test_the_digest_does_not_depend_on_the_order() -> None:
    one, other = {"id": "5", "type": 0, "name": "a"}, {"id": "6", "type": 0, "name": "b"}
    digests = set[bytes]()
    for channels in ([one, other], [other, one]):
        found = read_event("GUILD_CREATE", _guild(channels=channels))
        assert found is not None
        assert isinstance(found[1], Account)
        digests.add(found[1].digest())
    assert len(digests) == 1
