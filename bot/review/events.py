"""What happens in a repository, read from a webhook's payload as leniently as can be: real ones vary.

A field that is missing or of another type than GitHub documents is as if it were not there; only what says whom an event
concerns has to be there. Everything in one is text from outside.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, cast

from pydantic import TypeAdapter

from bot.errors import UserError
from bot.review.pull_request import PullId, PullState, Repository

HEARD: Mapping[str, frozenset[str] | None] = {
    "pull_request": frozenset(
        {"opened", "reopened", "closed", "synchronize", "edited", "ready_for_review", "converted_to_draft",
         "labeled", "unlabeled", "review_requested"}
    ),
    "pull_request_review": frozenset({"submitted", "dismissed"}),
    "pull_request_review_comment": frozenset({"created"}),
    "issue_comment": frozenset({"created"}),
    "check_run": frozenset({"completed", "rerequested"}),
    "check_suite": frozenset({"completed"}),
    "status": None,
}  # fmt: skip
"""Events that somebody may want to hear, with their actions; None where the event has none."""

MOST_TEXT = 4_000
MOST_NUMBERS = 20
_LONGEST = 300
_MOST_NUMBER = 2**31 - 1
_SHA = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class PullLook:
    """How a pull request looks, as far as changes of it are told; ``digest`` is of its title and labels."""

    number: int
    head: str
    state: PullState
    draft: bool
    digest: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RepositoryEvent:
    """Something happened in a repository. What stands there now is the code host's to say: events come late, and twice.

    ``by`` is "look" for what no webhook told. ``numbers`` are the pull requests it concerns, by their numbers; ``head`` the
    commit, where one is named. ``text`` is what somebody wrote, cut at 4,000 characters. ``at`` is when it was received.
    """

    id: str
    event: str
    action: str
    repository: Repository
    numbers: tuple[int, ...]
    head: str | None
    actor: str
    actor_is_bot: bool
    text: str
    url: str | None
    path: str | None
    line: int | None
    at: datetime
    by: Literal["webhook", "look"] = "webhook"

    @property
    def pulls(self) -> tuple[PullId, ...]:
        """The pull requests it concerns."""
        return tuple(PullId(self.repository, number) for number in self.numbers)

    def as_json(self) -> str:
        """As it is kept."""
        return _KEPT.dump_json(self).decode()

    @classmethod
    def from_json(cls, told: object) -> "RepositoryEvent":
        """As it was kept."""
        return _KEPT.validate_python(told)


_KEPT = TypeAdapter(RepositoryEvent)


def read_event(delivery: str, event: str, payload: object, at: datetime) -> RepositoryEvent | None:
    """What a payload tells; None where nobody wants to hear it, or where it does not say what it is about."""
    if event not in HEARD:
        return None
    body = _mapping(payload)
    action = _text(body.get("action"), _LONGEST)
    actions = HEARD[event]
    if actions is not None and action not in actions:
        return None
    try:
        repository = Repository.read(_text(_mapping(body.get("repository")).get("full_name"), _LONGEST))
    except UserError:
        return None
    numbers, head = _concerned(event, body)
    if not numbers and head is None:
        return None
    subject = _subject(event, body)
    sender = _mapping(body.get("sender"))
    return RepositoryEvent(
        id=delivery,
        event=event,
        action=action or _text(body.get("state"), _LONGEST),
        repository=repository,
        numbers=numbers,
        head=head,
        actor=_text(sender.get("login"), 100),
        actor_is_bot=sender.get("type") == "Bot",
        text=_text(subject.get("body"), MOST_TEXT),
        url=_text(subject.get("html_url"), 2_000) or None,
        path=_text(subject.get("path"), 4_096) or None,
        line=_number(subject.get("line")),
        at=at,
    )


def read_look(payload: object) -> PullLook | None:
    """How the pull request of a payload looks; None where it has none, or says too little of it."""
    return look_of(_mapping(_mapping(payload).get("pull_request")))


def look_of(pull: Mapping[str, Any]) -> PullLook | None:
    """How a pull request looks by GitHub's own description of it."""
    number, head = _number(pull.get("number")), _sha(_mapping(pull.get("head")).get("sha"))
    updated = _moment(pull.get("updated_at"))
    if number is None or head is None or updated is None:
        return None
    merged = bool(pull.get("merged")) or pull.get("merged_at") is not None
    state: PullState = "open" if pull.get("state") != "closed" else "merged" if merged else "closed"
    labels = sorted(_text(_mapping(one).get("name"), 100) for one in _list(pull.get("labels")))
    return PullLook(
        number,
        head,
        state,
        pull.get("draft") is True,
        digest_of(_text(pull.get("title"), 1_000), labels),
        updated,
    )


def digest_of(title: str, labels: Iterable[str]) -> str:
    """What changes when a pull request is renamed or labelled."""
    return hashlib.sha256(json.dumps([title, sorted(labels)]).encode()).hexdigest()[:16]


def with_numbers(event: RepositoryEvent, numbers: Iterable[int]) -> RepositoryEvent:
    """The same, about these pull requests."""
    return replace(event, numbers=tuple(numbers))


def _concerned(event: str, body: Mapping[str, Any]) -> tuple[tuple[int, ...], str | None]:
    """Which pull requests and which commit it is about."""
    if event == "issue_comment":
        issue = _mapping(body.get("issue"))
        number = _number(issue.get("number"))
        return ((number,) if number is not None and issue.get("pull_request") else ()), None
    if event == "status":
        return (), _sha(body.get("sha"))
    if event in {"check_run", "check_suite"}:
        check = _mapping(body.get(event))
        named = [_number(_mapping(one).get("number")) for one in _list(check.get("pull_requests"))]
        numbers = dict.fromkeys(one for one in named[:MOST_NUMBERS] if one is not None)
        return tuple(numbers), _sha(check.get("head_sha"))
    pull = _mapping(body.get("pull_request"))
    number = _number(pull.get("number")) or _number(body.get("number"))
    return ((number,) if number is not None else ()), _sha(_mapping(pull.get("head")).get("sha"))


def _subject(event: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The thing that has an author's text and an address."""
    match event:
        case "issue_comment" | "pull_request_review_comment":
            return _mapping(body.get("comment"))
        case "pull_request_review":
            return _mapping(body.get("review"))
        case "check_run" | "check_suite":
            return _mapping(body.get(event))
        case "status":
            return {"body": body.get("description"), "html_url": body.get("target_url")}
        case _:
            return _mapping(body.get("pull_request"))


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value)[:1_000] if isinstance(value, list) else []


def _text(value: object, most: int) -> str:
    # Half of a surrogate pair, which JSON can hold, cannot be written down anywhere.
    text = value[:most] if isinstance(value, str) else ""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _number(value: object) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_NUMBER
    return value if fits and isinstance(value, int) else None


def _sha(value: object) -> str | None:
    if isinstance(value, str) and len(value) in {40, 64} and set(value.lower()) <= _SHA:
        return value.lower()
    return None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
