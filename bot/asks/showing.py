"""How a question looks: what is asked, who may answer, how far it is, and what was decided."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.asks.asks_table import AskRow, VersionRow
from bot.asks.payload import MOST_DIFF, difference, fenced, is_cut, readable
from bot.asks.policy import Vote
from bot.discord.plain import plain
from bot.discord.plain import title as one_line
from bot.work.choosing import Button, Choice, Select
from bot.work.surface import File, Say

ACTION = "v1:asks:"
MOST_BUTTONS = 4
MOST_CHOICES = 24
LONGEST_VALUE = 40
"""Letters of a choice's value, since Discord keeps 100 of a button."""
OTHER = "Other…"

APPROVAL = "**Approval needed: {title}**\n-# On behalf of <@{requester}>; their own say does not count."
WINDOW = "**This goes ahead unless somebody stops it: {title}**\n-# On behalf of <@{requester}>."
QUESTION = "**{title}**"
PROGRESS = "-# {count} of {needed} · for {who}{until}{version}"
WINDOW_PROGRESS = "-# {who} may stop it{until}{version}"
AGAINST = " · {count} against"
EDITED = "-# Version {version}, changed by {by}. What was said to the version before does not count any more."
OUTCOMES: Mapping[str, str] = {
    "approved": "✅ Approved",
    "rejected": "❌ Rejected",
    "answered": "✅ Answered",
    "expired": "⌛ Nobody decided in time, so this was not done",
    "defaulted": "⌛ Nobody answered in time, so this goes on with: {value}",
    "withdrawn": "⏹️ The work that asked this has ended",
}
UNOPPOSED = "✅ Nobody stopped this in time, so it goes ahead"
STOPPED = "❌ Stopped"
LATE_QUESTION = "⌛ Nobody answered in time"
REPLACED = "-# Changed since: see version {version} below."


def asking(ask: AskRow, version: VersionRow, votes: Sequence[Vote], before: VersionRow | None = None) -> Say:
    """The message that asks, with what can be pressed."""
    lines = [_head(ask)]
    files: tuple[File, ...] = ()
    if ask.kind == "approval":
        text = readable(version.payload)
        lines.append(fenced(text, "" if isinstance(version.payload, str) else "json"))
        if is_cut(text):
            files = (File(f"version-{version.version}.txt", text.encode()),)
    if before is not None:
        by = "the agent" if version.made_by is None else f"<@{version.made_by}>"
        lines.append(EDITED.format(version=version.version, by=by))
        lines.append(fenced(difference(before.payload, version.payload), "diff", MOST_DIFF))
    lines.append(_progress(ask, version, votes))
    select = _select(ask)
    return Say(
        "\n".join(lines),
        buttons=_buttons(ask),
        selects=() if select is None else (select,),
        urgency="question",
        files=files,
    )


def going_on(ask: AskRow, version: VersionRow, votes: Sequence[Vote]) -> Say:
    """The same message after a vote that has not decided."""
    said = asking(ask, version, votes)
    return Say(said.text, buttons=said.buttons, selects=said.selects, urgency="question")


def decided(ask: AskRow, version: VersionRow, votes: Sequence[Vote]) -> Say:
    """The message once it is decided: nothing can be pressed any more, and it says what was decided, by whom, when."""
    lines = [_head(ask)]
    if ask.kind == "approval":
        lines.append(fenced(readable(version.payload), "" if isinstance(version.payload, str) else "json"))
    lines.append(f"-# {outcome_line(ask, votes)}")
    return Say("\n".join(lines))


def replaced(ask: AskRow, before: VersionRow, now: int) -> Say:
    """The message of a version that was changed."""
    return Say("\n".join([_head(ask), fenced(readable(before.payload)), REPLACED.format(version=now)]))


def outcome_line(ask: AskRow, votes: Sequence[Vote] = ()) -> str:
    """What was decided, by whom and when, in a line."""
    text = OUTCOMES[ask.state].format(value=shown_value(ask, ask.fallback))
    if ask.rules.silence:
        text = {"approved": UNOPPOSED, "rejected": STOPPED}.get(ask.state, text)
    if ask.state == "expired" and ask.kind != "approval":
        text = LATE_QUESTION
    if ask.state == "answered" and ask.result is not None:
        text += f": {shown_value(ask, ask.result.get('value'))}"
    if ask.kind == "approval" and ask.version > 1:
        text += f" (version {ask.version})"
    wanted = ask.state != "rejected"
    who = [f"<@{one.member_id}>{_for(one)}" for one in votes if one.yes == wanted]
    if not who and ask.decided_by is not None:
        who = [f"<@{ask.decided_by}>"]
    if who and ask.state in {"approved", "rejected", "answered"}:
        text += f" by {', '.join(who)}"
    notes = [plain(one.note) for one in votes if one.note and not one.yes]
    when = "" if ask.decided_at is None else f", <t:{int(ask.decided_at.timestamp())}:f>"
    return f"{text}{when}{''.join(f' — “{note[:200]}”' for note in notes)}"


def shown_value(ask: AskRow, value: Any) -> str:
    """An answer as people read it, in a line."""
    if isinstance(value, Mapping):
        parts = [f"{ask.choices.get(str(name), str(name))}: {given}" for name, given in value.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
        return one_line("; ".join(parts), 300)
    return one_line(ask.choices.get(str(value), str(value)), 300)


def short(ask: AskRow) -> str:
    """What it is about, on one line."""
    return one_line(ask.title, 100)


def _head(ask: AskRow) -> str:
    if ask.kind == "approval":
        if ask.rules.silence:
            return WINDOW.format(title=one_line(ask.title), requester=ask.requester_id)
        return APPROVAL.format(title=one_line(ask.title), requester=ask.requester_id)
    return QUESTION.format(title=one_line(ask.title, 1_500))


def _progress(ask: AskRow, version: VersionRow, votes: Sequence[Vote]) -> str:
    rules = ask.rules
    against = sum(not one.yes for one in votes)
    until = "" if ask.deadline_at is None else f" · until <t:{int(ask.deadline_at.timestamp())}:f>"
    marked = f" · version {version.version}, `{version.hash[:8]}`" if ask.kind == "approval" else ""
    who = rules.asked(escalated=ask.escalated).shown()
    if rules.silence:
        line = WINDOW_PROGRESS.format(who=f"{who[:1].upper()}{who[1:]}", until=until, version=marked)
    else:
        count = sum(one.yes for one in votes)
        line = PROGRESS.format(count=count, needed=rules.needed, who=who, until=until, version=marked)
    return line + (AGAINST.format(count=against) if against else "")


def _for(vote: Vote) -> str:
    return "" if vote.seat_id == vote.member_id else f" (for <@{vote.seat_id}>)"


def _buttons(ask: AskRow) -> tuple[Button, ...]:
    tail = f"{ask.id}:{ask.version}"
    match ask.kind:
        case "approval" if ask.rules.silence:
            return (
                Button("Stop it", f"{ACTION}no:{tail}", "danger"),
                Button("Stop it, saying why…", f"{ACTION}why:{tail}", "secondary"),
            )
        case "approval":
            return (
                Button("Approve", f"{ACTION}yes:{tail}", "primary"),
                Button("Reject", f"{ACTION}no:{tail}", "danger"),
                Button("Reject, saying why…", f"{ACTION}why:{tail}", "secondary"),
                Button("Change…", f"{ACTION}edit:{tail}", "secondary"),
            )
        case "options":
            few = len(ask.choices) <= MOST_BUTTONS
            shown = ask.choices.items() if few else ()
            buttons = [Button(label, f"{ACTION}pick:{tail}:{value}", "primary") for value, label in shown]
            return (*buttons, *([Button(OTHER, f"{ACTION}fill:{tail}", "secondary")] if ask.other else []))
        case "text" | "form":
            return (Button("Answer…", f"{ACTION}fill:{tail}", "primary"),)


def _select(ask: AskRow) -> Select | None:
    if ask.kind != "options" or len(ask.choices) <= MOST_BUTTONS:
        return None
    choices = tuple(Choice(label, value) for value, label in ask.choices.items())
    return Select(f"{ACTION}pick:{ask.id}:{ask.version}", "Choose", choices=choices)
