"""Strategies: who gets a task, whatever the order, and never somebody who cannot do it."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.work.allocation.ageing import in_turn
from bot.work.allocation.candidates import Candidate, Need, Strategy
from bot.work.allocation.strategies import (
    STRATEGIES,
    by_capability,
    first_come,
    less_loaded_of_two,
    queue_for,
)
from tests.bot.work.allocation.queueing import day, lot
from tests.sizes import size

TASKS = size("AC-A2 tasks", small=6_000, stated=60_000)
SKILLS = ("code", "debug", "infra", "ui")
skills = st.frozensets(st.sampled_from(SKILLS))
candidates = st.lists(
    st.builds(
        Candidate,
        id=st.uuids().map(str),
        name=st.sampled_from(["Writer", "Coder", "Reviewer", "Bo"]),
        capabilities=skills,
        running=st.integers(0, 4),
        waiting=st.integers(0, 4),
        concurrency=st.integers(1, 3),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)
needs = st.builds(Need, task_id=st.uuids(), capabilities=skills)


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
@given(need=needs, given_=candidates, seed=st.integers(0, 10_000))
def test_only_who_can_do_it_and_whatever_the_order(
    strategy: Strategy, need: Need, given_: list[Candidate], seed: int
) -> None:
    award = strategy(need, given_, lot(seed))
    assert award == strategy(need, given_[::-1], lot(seed))
    assert award.reason.endswith(".")
    able = {one.id for one in given_ if one.can(need)}
    assert award.winner is None or award.winner in able
    assert {one.id for one in award.considered} <= able


def test_first_come_chooses_nobody() -> None:
    award = first_come(Need(UUID(int=1)), [Candidate("a", "A")], lot(1))
    assert (award.winner, award.reason) == (None, "Whoever claims it first has it.")


def test_a_specialist_goes_before_a_generalist_and_one_who_is_free_before_one_who_is_not() -> None:
    need = Need(UUID(int=1), frozenset({"code"}))
    generalist = Candidate("g", "Gil", frozenset(SKILLS))
    specialist = Candidate("s", "Sue", frozenset({"code"}))
    busy = Candidate("s", "Sue", frozenset({"code"}), running=1)
    assert by_capability(need, [generalist, specialist], lot(1)).winner == "s"
    assert by_capability(need, [generalist, busy], lot(1)).winner == "g"
    assert (
        by_capability(need, [busy], lot(1)).reason
        == "It waits until one of those who can do it is free: Sue."
    )
    assert by_capability(need, [], lot(1)).reason == "Nobody here can do this: it needs code."


def test_of_two_the_less_loaded_with_its_reason() -> None:
    free, busy = Candidate("f", "Flo"), Candidate("b", "Bea", running=1, waiting=2)
    award = less_loaded_of_two(Need(UUID(int=1)), [busy, free], lot(1))
    assert award.winner == "f"
    assert "Flo has less in hand (0 of 1 in hand against 3 of 1 in hand)" in award.reason


def test_the_narrowest_queue_for_what_is_needed() -> None:
    queues = {1: frozenset(SKILLS), 2: frozenset({"code", "debug"}), 3: frozenset({"ui"})}
    assert queue_for(Need(UUID(int=1), frozenset({"code"})), queues) == 2
    assert queue_for(Need(UUID(int=1), frozenset({"code", "ui"})), queues) == 1
    assert queue_for(Need(UUID(int=1), frozenset({"dance"})), queues) is None
    assert queue_for(Need(UUID(int=1)), queues) is None, "what needs nothing special stays where it is"


@given(
    st.lists(
        st.builds(
            Need,
            task_id=st.uuids(),
            priority=st.integers(-3, 3),
            waited=st.integers(0, 7_200).map(lambda seconds: timedelta(seconds=seconds)),
        ),
        max_size=12,
        unique_by=lambda need: need.task_id,
    )
)
def test_the_important_first_and_nobody_for_ever_behind_them(waiting: list[Need]) -> None:
    turns = in_turn(waiting, longest=timedelta(hours=1))
    assert turns == in_turn(waiting[::-1], longest=timedelta(hours=1))
    overdue = [need for need in turns if need.waited >= timedelta(hours=1)]
    assert turns[: len(overdue)] == overdue
    assert [need.waited for need in overdue] == sorted((need.waited for need in overdue), reverse=True)
    rest = [need.priority for need in turns[len(overdue) :]]
    assert rest == sorted(rest, reverse=True)


def by_lot(need: Need, given_: Sequence[Candidate], chance: Random) -> str:
    """The control: anybody."""
    del need
    return chance.choice(given_).id


def of_two(need: Need, given_: Sequence[Candidate], chance: Random) -> str:
    winner = less_loaded_of_two(need, given_, chance).winner
    assert winner is not None
    return winner


def test_ac_a2_work_is_balanced_and_waits_are_short() -> None:
    """AC-A2: log-normal durations at 80 % utilisation, against a choice by lot in the same days."""
    ours = [day(of_two, tasks=TASKS, agents=8, utilisation=0.8, seed=seed) for seed in range(3)]
    lots = [day(by_lot, tasks=TASKS, agents=8, utilisation=0.8, seed=seed) for seed in range(3)]
    for mine, control in zip(ours, lots, strict=True):
        assert len(mine.waits) == TASKS
        assert mine.fairness >= 0.95
        assert mine.worst_queue <= 2
        assert mine.p95 < control.p95 / 2
