import hypothesis.strategies as st
from hypothesis import given

from bot.plugins.gate import GuildRules, Knock, gate

KNOCKS = st.builds(
    Knock,
    cog=st.sampled_from(["research", "standup"]),
    guild_id=st.none() | st.integers(1, 5),
    author_id=st.integers(1, 9),
    author_is_bot=st.booleans(),
)
RULES = st.none() | st.builds(
    GuildRules, let_in=st.booleans(), enabled=st.frozensets(st.sampled_from(["research", "standup"]))
)


@given(KNOCKS, RULES)
def test_only_a_person_in_a_guild_that_was_let_in_reaches_an_enabled_cog(
    knock: Knock, rules: GuildRules | None
) -> None:
    refused = gate(knock, rules)
    welcome = (
        not knock.author_is_bot
        and knock.guild_id is not None
        and rules is not None
        and rules.let_in
        and knock.cog in rules.enabled
    )
    assert (refused is None) == welcome
    if refused is not None:
        assert refused.sentence.endswith(".")
