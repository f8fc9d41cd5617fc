"""What a look at the pins comes to, for any facts, pins and states of the outbox."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bot.memory.facts.deciding import Verdicts, decide, newest_first, room_for_facts, to_evict
from bot.memory.facts.fact import MOST_PINS, SPARE_PINS, UNDER_WAY, Fact, Standing

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
STATES = ("live", "unpinned", "evicted")
ROWS = ("pending", "sending", "sent", "failed")


def fact(number: int, **more: object) -> Fact:
    plain = Fact(
        UUID(int=number), 1, 2, number, f"fact {number}", 1, None, 3, "Ada", 3, "", None, NOW - timedelta(days=1), None,
        None, None, "live", None, number, number, None, number, 1, 0,
    )  # fmt: skip
    return replace(plain, **more)  # pyright: ignore[reportArgumentType] - as the test says


@st.composite
def standing(draw: st.DrawFn, number: int) -> Standing:
    state = draw(st.sampled_from(STATES))
    hours = draw(st.integers(-3, 3))
    one = fact(
        number,
        state=state,
        ended_at=None if state == "live" else NOW,
        agent=draw(st.sampled_from(["", "an agent"])),
        noted_at=NOW + timedelta(minutes=draw(st.integers(-500, -1))),
        expires_at=draw(st.sampled_from([None, NOW + timedelta(hours=hours)])),
    )
    marked = draw(st.sampled_from(ROWS))
    at = NOW + timedelta(seconds=draw(st.integers(-5, 5))) if marked == "sent" else None
    return Standing(one, draw(st.sampled_from(ROWS)), marked, at, draw(st.sampled_from([None, *ROWS])))


@st.composite
def places(draw: st.DrawFn) -> tuple[list[Standing], set[int], int]:
    standings = [draw(standing(number)) for number in range(draw(st.integers(0, 12)))]
    return standings, draw(st.sets(st.integers(0, 15))), draw(st.integers(0, 14))


@given(places())
def test_peoples_hands_decide_and_what_stays_has_room(place: tuple[list[Standing], set[int], int]) -> None:
    standings, pinned, room = place
    found = decide(standings, pinned, read_at=NOW, now=NOW, room=room)
    by_id = {one.fact.id: one for one in standings}
    ends = [*found.live, *found.taken_off, *found.expired, *found.unsaid, *found.evicted]
    assert len({one.id for one in ends}) == len(ends)
    assert {one.fact.id for one in standings if one.fact.is_live} <= {one.id for one in ends}
    assert len(found.live) <= room
    assert list(found.live) == newest_first(found.live)
    assert {one.id for one in found.back} <= {one.id for one in found.live}
    assert all(not one.is_over(NOW) for one in found.live)
    assert all(one.is_live for one in found.evicted)
    # only what Discord had pinned counts as taken off, and only what it shows now as back
    for one in found.taken_off:
        at = by_id[one.id].marked_at
        assert one.message_id not in pinned
        assert at is not None
        assert at < NOW
    for one in found.back:
        assert one.message_id in pinned
        assert by_id[one.id].marked not in UNDER_WAY
    # once all that was done, there is nothing more to do
    settled = [
        Standing(replace(one, state="live", ended_at=None), "sent", "sent", NOW - timedelta(seconds=9), None)
        for one in found.live
    ]
    shown = pinned | {one.message_id or 0 for one in found.live}
    again = decide(settled, shown, read_at=NOW, now=NOW, room=room)
    assert again == Verdicts(live=tuple(one.fact for one in settled))


def test_agents_facts_give_way_before_peoples_and_the_oldest_first() -> None:
    old, new = NOW - timedelta(days=9), NOW - timedelta(hours=1)
    facts = [fact(1, noted_at=old), fact(2, noted_at=new), fact(3, noted_at=new, agent="an agent")]
    assert [one.number for one in to_evict(facts, 2)] == [3, 1]
    assert to_evict(facts, 0) == []


def test_people_keep_their_room() -> None:
    assert room_for_facts(0, index=False) == MOST_PINS - SPARE_PINS
    assert room_for_facts(240, index=True) == MOST_PINS - SPARE_PINS - 241
    assert room_for_facts(MOST_PINS, index=True) == 0
