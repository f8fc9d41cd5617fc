"""Whose turn it is among waiting tasks: the important first, and nobody for ever behind them."""

from collections.abc import Iterable
from datetime import timedelta

from bot.work.allocation.candidates import Need

LONGEST = timedelta(hours=1)
"""After so long a task goes before all that have not waited as long, however unimportant it is."""


def in_turn(needs: Iterable[Need], *, longest: timedelta = LONGEST) -> list[Need]:
    """Waiting tasks in the order in which they are handed out.

    Those that have waited for ``longest`` come first, the oldest of them before all; the others by priority (the
    higher first) and then by age.
    """
    return sorted(needs, key=lambda need: _turn(need, longest))


def _turn(need: Need, longest: timedelta) -> tuple[bool, float, float, bytes]:
    overdue = need.waited >= longest
    waited = need.waited.total_seconds()
    return not overdue, 0.0 if overdue else -float(need.priority), -waited, need.task_id.bytes
