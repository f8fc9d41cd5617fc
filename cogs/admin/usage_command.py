"""/usage: what agents have used, as a table and, where it can be drawn, as a picture."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from cogs.admin import messages, usage_picture
from cogs.admin.agents_command import money
from cogs.admin.cog import AdminSettings, admin
from cogswarm import Context, File, Member, SpendRow, option

type Ctx = Context[AdminSettings]
DAYS = 7
ROWS = 8
NAME_WIDTH = 18


@dataclass(frozen=True, slots=True)
class Sum:
    """What rows of the same name come to."""

    name: str
    calls: int
    tokens: int
    cost: float
    priced: bool


@admin.command("usage", help=messages.USAGE)
async def usage(
    ctx: Ctx,
    days: Annotated[int, option(messages.USAGE_DAYS, least=1, most=90)] = DAYS,
    who: Annotated[Member | None, messages.USAGE_WHO] = None,
) -> None:
    """Show what was used, of everybody to admins, of themselves to others."""
    desk = ctx.agents
    member = who.id if who is not None else None if desk.sees_all else desk.me
    rows = await desk.usage(days, member)
    whose = messages.USAGE_THIS_SERVER if member is None else f"<@{member}>"
    head = messages.USAGE_HEAD.format(whose=whose, days=days)
    own = [] if desk.sees_all else [messages.USAGE_OWN]
    if not rows:
        await ctx.reply("\n".join([head, messages.USAGE_NOTHING, *own]))
        return
    names = _names(rows)
    picture = await asyncio.to_thread(usage_picture.drawn, rows, desk.days(days), names)
    lines = [head, _total(rows), *_tables(rows, names, everybody=member is None), *_unpriced(rows), *own]
    if picture is None:
        await ctx.reply("\n".join([*lines, messages.USAGE_NO_PICTURE]))
        return
    await ctx.reply("\n".join(lines), files=[File("usage.png", picture, alt=_alt(rows))])


def _names(rows: Sequence[SpendRow]) -> dict[int, str]:
    """People by number, the one who used most first: inside a picture or a table nobody can be mentioned."""
    ordered = summed(rows, lambda row: str(row.member_id))
    return {
        int(one.name): messages.USAGE_PERSON.format(number=number) for number, one in enumerate(ordered, 1)
    }


def summed(rows: Sequence[SpendRow], name: Callable[[SpendRow], str]) -> list[Sum]:
    """Rows added up by a name, the most tokens first."""
    groups: dict[str, list[SpendRow]] = defaultdict(list)
    for row in rows:
        groups[name(row)].append(row)
    sums = [
        Sum(
            one,
            sum(row.calls for row in group),
            sum(row.tokens for row in group),
            sum(row.cost for row in group),
            all(row.priced for row in group),
        )
        for one, group in groups.items()
    ]
    return sorted(sums, key=lambda one: (-one.tokens, one.name))


def _total(rows: Sequence[SpendRow]) -> str:
    (total,) = summed(rows, lambda _row: "")
    cost = total.cost if total.priced else None
    return messages.USAGE_TOTAL.format(calls=total.calls, tokens=total.tokens, cost=money(cost))


def _tables(rows: Sequence[SpendRow], names: dict[int, str], *, everybody: bool) -> list[str]:
    parts: list[tuple[str, list[Sum]]] = [("agent", summed(rows, lambda row: row.agent))]
    if everybody:
        parts.append(("member", summed(rows, lambda row: names[row.member_id])))
    by_day = sorted(summed(rows, lambda row: row.day.isoformat()), key=lambda one: one.name)
    parts.append(("day", by_day[-ROWS:]))
    lines = [_line(messages.USAGE_COLUMNS)]
    for part, sums in parts:
        lines += ["", messages.USAGE_PARTS[part], *(_row(one) for one in _shortened(sums))]
    people = " ".join(f"{name}: <@{member}>" for member, name in list(names.items())[:ROWS])
    table = messages.USAGE_TABLE.format(table="\n".join(lines))
    return [table, *([f"-# {people}"] if everybody else [])]


def _shortened(sums: list[Sum]) -> list[Sum]:
    shown, rest = sums[:ROWS], sums[ROWS:]
    if not rest:
        return shown
    others = Sum(
        messages.USAGE_REST,
        sum(one.calls for one in rest),
        sum(one.tokens for one in rest),
        sum(one.cost for one in rest),
        all(one.priced for one in rest),
    )
    return [*shown, others]


def _row(one: Sum) -> str:
    return _line(
        (
            one.name[:NAME_WIDTH],
            f"{one.calls:,}",
            f"{one.tokens:,}",
            f"${one.cost:,.2f}" if one.priced else "?",
        )
    )


def _line(cells: Sequence[str]) -> str:
    name, calls, tokens, cost = cells
    return f"{name:<{NAME_WIDTH}}{calls:>8}{tokens:>14}{cost:>10}".rstrip()


def _unpriced(rows: Sequence[SpendRow]) -> list[str]:
    models = sorted({row.model for row in rows if not row.priced})
    return [messages.USAGE_UNPRICED.format(models=", ".join(models))] if models else []


def _alt(rows: Sequence[SpendRow]) -> str:
    said = ", ".join(
        messages.USAGE_ALT_AGENT.format(agent=one.name, tokens=one.tokens)
        for one in summed(rows, lambda row: row.agent)[:ROWS]
    )
    return messages.USAGE_ALT.format(first=rows[0].day, last=rows[-1].day, said=said)
