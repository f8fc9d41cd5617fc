"""How a question looks: what is asked, who may answer, how far it is, and what was decided."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.asks.asks_table import AskRow, VersionRow
from bot.asks.elicited import ACCEPT, CANCEL, DECLINE
from bot.asks.payload import MOST_DIFF, difference, fenced, is_cut, readable, shortened
from bot.asks.policy import Vote, agreeing
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
SERVER = "**The tool server {server} asks for something**{part}, while {tool} is used for <@{requester}>:\n> {title}"
WORDS = "-# These are the server's own words. What you answer goes to it: write no passwords, keys or card numbers."
LINK = "It wants you to open a page of **{host}**:\n<{url}>\n-# I have not opened it. Go on only if you know why."
FIELDS = "It wants to know: {fields}"
ELICITED: Mapping[str, str] = {
    "accept": "✅ Answered",
    "decline": "❌ Declined",
    "cancel": "⏹️ Cancelled",
}
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
BY_AGENT = "the agent"
SENT_BACK = "-# ↩️ Sent back by <@{by}>: “{note}”. Another version is being written and will stand below."
NOT_WRITTEN = "-# There is no other version: {why}"
DRAFTING = (
    "<@{by}>, to change “{title}” reply to this message with all of it as it should be: as text, or as a text file where "
    "it is longer than a message."
)
REPLACED = "-# Changed since: see version {version} below."


def asking(
    ask: AskRow,
    version: VersionRow,
    votes: Sequence[Vote],
    before: VersionRow | None = None,
    *,
    why: str = "",
) -> Say:
    """The message that asks, with what can be pressed."""
    lines = [_head(ask), *_elicited(ask)]
    files: tuple[File, ...] = ()
    if ask.kind == "approval":
        text = readable(version.payload)
        lines.append(fenced(text, "" if isinstance(version.payload, str) else "json"))
        if is_cut(text):
            files = (File(f"version-{version.version}.txt", text.encode()),)
    if before is not None:
        by = BY_AGENT if version.made_by is None else f"<@{version.made_by}>"
        lines.append(EDITED.format(version=version.version, by=by))
        changes = difference(before.payload, version.payload)
        lines.append(fenced(shortened(changes), "diff", MOST_DIFF))
        if shortened(changes) != changes or is_cut(changes, MOST_DIFF):
            files = (*files, File(f"version-{version.version}-changes.txt", changes.encode()))
    if why:
        lines.append(NOT_WRITTEN.format(why=one_line(why, 200)))
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


def sent_back(ask: AskRow, version: VersionRow, by: int, note: str) -> Say:
    """The message of a version that was sent back, until there is another."""
    told = SENT_BACK.format(by=by, note=plain(note)[:300])
    return Say("\n".join([_head(ask), fenced(readable(version.payload)), told]))


def drafting(ask: AskRow, by: int) -> Say:
    """The message to which somebody replies with a new version."""
    return Say(DRAFTING.format(by=by, title=short(ask)), mentions=(by,), urgency="question")


def outcome_line(ask: AskRow, votes: Sequence[Vote] = ()) -> str:
    """What was decided, by whom and when, in a line."""
    text = OUTCOMES[ask.state].format(value=shown_value(ask, ask.fallback))
    if ask.rules.silence:
        text = {"approved": UNOPPOSED, "rejected": STOPPED}.get(ask.state, text)
    if ask.state == "expired" and ask.kind != "approval":
        text = LATE_QUESTION
    if ask.state == "answered" and ask.asked_by_server is not None:
        text = ELICITED[ask.result["value"]["action"]]
    elif ask.state == "answered" and ask.result is not None:
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
    if ask.asked_by_server is not None:
        # What people tell a server is nobody else's business.
        return str(value["action"]) if isinstance(value, Mapping) else ""  # pyright: ignore[reportUnknownArgumentType] - JSON
    if isinstance(value, Mapping):
        parts = [f"{ask.choices.get(str(name), str(name))}: {given}" for name, given in value.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
        return one_line("; ".join(parts), 300)
    if isinstance(value, list):
        return one_line("; ".join(ask.choices.get(str(one), str(one)) for one in value), 300)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
    return one_line(ask.choices.get(str(value), str(value)), 300)


def short(ask: AskRow) -> str:
    """What it is about, on one line."""
    return one_line(ask.title, 100)


def _head(ask: AskRow) -> str:
    server = ask.asked_by_server
    if server is not None:
        part = f" (part {server.page} of {server.pages})" if server.pages > 1 else ""
        return SERVER.format(
            server=one_line(server.server, 100),
            tool=one_line(server.tool, 100),
            part=part,
            title=one_line(ask.title, 600),
            requester=ask.requester_id,
        )
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
        count = agreeing(ask.kind, votes)
        line = PROGRESS.format(count=count, needed=rules.needed, who=who, until=until, version=marked)
    return line + (AGAINST.format(count=against) if against else "")


def _for(vote: Vote) -> str:
    return "" if vote.seat_id == vote.member_id else f" (for <@{vote.seat_id}>)"


def _elicited(ask: AskRow) -> list[str]:
    """What a tool server wants to be told, or opened."""
    server = ask.asked_by_server
    if server is None:
        return []
    if server.url:
        return [LINK.format(host=server.host, url=server.url)]
    names = [one_line(one.label, 60) + ("" if one.required else " (optional)") for one in server.fields]
    return [FIELDS.format(fields=", ".join(names)), WORDS]


def _to_server(tail: str, *, is_link: bool) -> tuple[Button, ...]:
    accept = (
        Button("I have opened it", f"{ACTION}pick:{tail}:{ACCEPT}", "primary")
        if is_link
        else Button("Answer…", f"{ACTION}fill:{tail}", "primary")
    )
    return (
        accept,
        Button("Decline", f"{ACTION}pick:{tail}:{DECLINE}", "danger"),
        Button("Cancel", f"{ACTION}pick:{tail}:{CANCEL}", "secondary"),
    )


def _buttons(ask: AskRow) -> tuple[Button, ...]:
    tail = f"{ask.id}:{ask.version}"
    server = ask.asked_by_server
    if server is not None:
        return _to_server(tail, is_link=bool(server.url))
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
                *_changing(ask, tail),
            )
        case "options":
            few = len(ask.choices) <= MOST_BUTTONS and not ask.multi
            shown = ask.choices.items() if few else ()
            buttons = [Button(label, f"{ACTION}pick:{tail}:{value}", "primary") for value, label in shown]
            return (*buttons, *([Button(OTHER, f"{ACTION}fill:{tail}", "secondary")] if ask.other else []))
        case "text" | "form":
            return (Button("Answer…", f"{ACTION}fill:{tail}", "primary"),)


def _changing(ask: AskRow, tail: str) -> tuple[Button, ...]:
    edit = () if ask.rules.fixed else (Button("Change…", f"{ACTION}edit:{tail}", "secondary"),)
    back = (Button("Have it rewritten…", f"{ACTION}back:{tail}", "secondary"),) if ask.rewrites else ()
    return (*edit, *back)


def _select(ask: AskRow) -> Select | None:
    few = len(ask.choices) <= MOST_BUTTONS and not ask.multi
    if ask.asked_by_server is not None or ask.kind != "options" or few:
        return None
    choices = tuple(Choice(label, value) for value, label in ask.choices.items())
    most, hint = (len(choices), "Choose one or more") if ask.multi else (1, "Choose")
    return Select(f"{ACTION}pick:{ask.id}:{ask.version}", hint, choices=choices, most=most)
