"""The gate: the owner's limits first, then what a server chose; every refusal can be read."""

import hypothesis.strategies as st
from hypothesis import given

from bot.plugins.cog import MANAGEMENT
from bot.plugins.doorkeeper import REMEMBERED_EVENTS, Doorkeeper
from bot.plugins.gate import Access, GuildRules, Knock, gate

COGS = ["research", "standup", MANAGEMENT]
ids = st.integers(1, 3)
some_cogs = st.frozensets(st.sampled_from(COGS))
ACCESS = st.builds(Access, kind=st.sampled_from(["role", "member", "channel"]), id=ids, allowed=st.booleans())
KNOCKS = st.builds(
    Knock,
    cog=st.sampled_from(COGS),
    guild_id=st.none() | ids,
    author_id=ids,
    author_is_bot=st.booleans(),
    author_is_me=st.booleans(),
    roles=st.lists(ids, max_size=2).map(tuple),
    channel_id=ids,
    home_id=ids,
)
RULES = st.none() | st.builds(
    GuildRules,
    let_in=st.booleans(),
    enabled=some_cogs,
    channels=st.dictionaries(st.sampled_from(COGS), st.dictionaries(ids, st.booleans())),
    access=st.dictionaries(st.sampled_from(COGS), st.lists(ACCESS, max_size=3).map(tuple)),
    withheld=some_cogs,
    broken=st.dictionaries(st.sampled_from(COGS), st.just("It broke.")),
    trusted_bots=st.frozensets(ids),
)


def _welcome(knock: Knock, rules: GuildRules | None) -> bool:
    """The same rules written the other way round: what must all be true."""
    if rules is None or knock.author_is_me or not rules.let_in:
        return False
    if knock.author_is_bot and knock.author_id not in rules.trusted_bots:
        return False
    if knock.cog == MANAGEMENT:
        return True
    access = rules.access.get(knock.cog, ())
    subjects = {("member", knock.author_id), *(("role", role) for role in knock.roles)}
    places = {("channel", knock.channel_id), ("channel", knock.home_id)}
    denied = {(one.kind, one.id) for one in access if not one.allowed}
    allowed = {(one.kind, one.id) for one in access if one.allowed}
    people = {one for one in allowed if one[0] != "channel"}
    return (
        knock.cog not in rules.withheld
        and rules.channels.get(knock.cog, {}).get(knock.home_id, knock.cog in rules.enabled)
        and knock.cog not in rules.broken
        and not denied & (subjects | places)
        and (not people or bool(people & subjects))
        and (allowed == people or bool(allowed & places))
    )


@given(KNOCKS, RULES)
def test_only_who_may_reaches_a_cog_that_is_on_here(knock: Knock, rules: GuildRules | None) -> None:
    refused = gate(knock, rules)
    assert (refused is None) == _welcome(knock, rules)
    if refused is not None:
        assert refused.sentence.endswith(".")


def _at(rules: GuildRules) -> Doorkeeper:
    return Doorkeeper(lambda guild_id: rules if guild_id == 1 else None)


def test_a_repeat_is_noticed_and_what_is_remembered_is_bounded() -> None:
    keeper = _at(GuildRules(let_in=True, enabled=frozenset()))
    assert keeper.first_time(7, 1)
    assert not keeper.first_time(7, 1)
    assert keeper.counts(1) == {"repeat": 1}
    assert all(keeper.first_time(8 + number, 1) for number in range(REMEMBERED_EVENTS))
    assert keeper.first_time(7, 1), "the oldest are forgotten"


def test_the_reason_is_kept_for_the_member_and_for_the_message_of_this_server_only() -> None:
    keeper = _at(GuildRules(let_in=True, enabled=frozenset()))
    message = Knock("research", 1, author_id=5, author_is_bot=False, way="message")
    assert keeper.knock(message, 77) is not None
    assert keeper.about_member(1, 5) is None, "a message that is ignored is nothing a person was refused"
    command = Knock("research", 1, author_id=5, author_is_bot=False)
    assert keeper.knock(command) is not None
    turned = keeper.about_member(1, 5)
    assert turned is not None
    assert turned.refused.reason == "cog_disabled"
    assert [one.cog for one in keeper.about_event(1, 77)] == ["research"]
    assert keeper.about_event(2, 77) == []
    assert keeper.counts(1, "research") == {"cog_disabled": 2}
    assert not keeper.allows(command)
    assert keeper.counts(1) == {"cog_disabled": 2}, "asking what one may use counts nothing"
