"""How questions look: one message that holds its buttons, whatever is to be approved."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.asks import showing
from bot.asks.asks_table import AskRow, VersionRow
from bot.asks.payload import hash_of
from bot.asks.policy import Policy, Vote, Who
from bot.discord.rendering import pieces

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ID = UUID(int=7)
POLICY = TypeAdapter(Policy).dump_python(Policy(Who(roles=(5,), managers=True), needed=2), mode="json")
ASK = AskRow(
    ID, ID, ID, 1, "post", "approval", "Clerk wants to use send of post", 9, POLICY, {}, other=False, replies=False,
    state="open", version=2, escalated=False, fallback=None, deadline_at=NOW, said_row=1, result=None,
    decided_by=None, decided_at=None, created_at=NOW,
)  # fmt: skip
LONG = st.text(max_size=3_000) | st.text("a\n`\u202e*_<@1>", max_size=3_000)


def version(number: int, payload: object) -> VersionRow:
    return VersionRow(ID, number, payload, hash_of(payload), 77, NOW)


@given(before=LONG, after=LONG, title=st.text(max_size=500), plain=st.booleans())
def test_a_question_is_one_message_with_all_of_it_beside_it(
    before: str, after: str, title: str, *, plain: bool
) -> None:
    one, two = (
        (version(1, before), version(2, after))
        if plain
        else (version(1, {"t": before}), version(2, {"t": after}))
    )
    ask = replace(ASK, title=title)
    asking = showing.asking(ask, two, [Vote(3, 3, yes=True)], one)
    for say in (
        asking,
        showing.going_on(ask, two, ()),
        showing.decided(replace(ask, state="expired"), two, ()),
    ):
        assert len(pieces(say)) == 1
    if "more than is shown" in asking.text.partition("-# Version")[0]:
        assert asking.files[0].content
    assert all(len(button.custom_id) <= 100 for button in asking.buttons)
