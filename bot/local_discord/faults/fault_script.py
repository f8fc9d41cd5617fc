"""A script of faults: what happens when, and what happens by chance, drawn from a seed so that it can happen again."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.local_discord.form import Form
from bot.local_discord.model import Json

FAULT, GATEWAY_FAULT, GATEWAY, CLOCK = "fault", "gateway_fault", "gateway", "clock"
MOST_STEPS, MOST_CHANCES = 1_000, 100
LONGEST = 7 * 86_400.0
MOST_COUNTED = 1_000_000_000
LARGEST_SEED = (1 << 63) - 1

type Readers = Mapping[str, Callable[[Form], object]]
"""By kind (``fault``, ``gateway_fault``, ``gateway``, ``clock``): what reads such a deed from its form."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do: its kind, and what its kind's reader made of ``given``."""

    kind: str
    what: object
    given: Json

    def as_json(self) -> Json:
        """The deed as it stands in a script."""
        return {self.kind: self.given}


@dataclass(frozen=True, slots=True)
class Step:
    """A deed at a time: ``at`` seconds after the start, or when so many requests or events have been."""

    deed: Deed
    at: float | None = None
    after_requests: int | None = None
    after_events: int | None = None

    def as_json(self) -> Json:
        """The step as it stands in a script."""
        when = {"at": self.at, "after_requests": self.after_requests, "after_events": self.after_events}
        return {name: value for name, value in when.items() if value is not None} | self.deed.as_json()


@dataclass(frozen=True, slots=True)
class Chance:
    """A deed that each request (or each event) brings with a probability."""

    deed: Deed
    chance: float
    on_events: bool

    def as_json(self) -> Json:
        """The rule as it stands in a script."""
        return {"chance": self.chance, "on": "events" if self.on_events else "requests"} | self.deed.as_json()


@dataclass(frozen=True, slots=True)
class Script:
    """Steps and chances with the seed that decides the chances; a seed of None is chosen at the start."""

    seed: int | None = None
    steps: tuple[Step, ...] = ()
    chances: tuple[Chance, ...] = ()


def drawn(chance: float, *key: object) -> bool:
    """Whether something that has this probability happens; the same key always gives the same answer."""
    digest = hashlib.blake2b("\x1f".join(map(str, key)).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) / (1 << 64) < chance


def read_script(form: Form, readers: Readers) -> Script:
    """A script from a request's body or a file; call ``form.problems.raise_any()`` after it."""
    form.only("seed", "steps", "random")
    seed = form.integer("seed", most=LARGEST_SEED)
    steps = form.forms("steps", most=MOST_STEPS) or []
    chances = form.forms("random", most=MOST_CHANCES) or []
    return Script(
        seed=seed,
        steps=tuple(step for each in steps if (step := _step(each, readers)) is not None),
        chances=tuple(one for each in chances if (one := _chance(each, readers)) is not None),
    )


def _step(form: Form, readers: Readers) -> Step | None:
    form.only("at", "after_requests", "after_events", *readers)
    given = [name for name in ("at", "after_requests", "after_events") if form.data.get(name) is not None]
    if len(given) != 1:
        message = "Say when: one of at (seconds), after_requests and after_events."
        form.refuse("", "BASE_TYPE_REQUIRED", message)
    at = form.number("at", most=LONGEST)
    requests = form.integer("after_requests", least=1, most=MOST_COUNTED)
    events = form.integer("after_events", least=1, most=MOST_COUNTED)
    deed = _deed(form, readers, always=False)
    return None if deed is None else Step(deed, at, requests, events)


def _chance(form: Form, readers: Readers) -> Chance | None:
    form.only("chance", "on", *readers)
    if form.data.get("chance") is None:
        form.refuse("chance", "BASE_TYPE_REQUIRED", "Say how often, from 0 (never) to 1 (always).")
    chance = form.number("chance", most=1.0, default=0.0) or 0.0
    on = form.word("on", ("requests", "events"))
    deed = _deed(form, readers, always=True)
    if deed is None:
        return None
    if (on, deed.kind) in (("events", FAULT), ("requests", GATEWAY_FAULT)):
        message = f"A {deed.kind} cannot happen to {on}; leave this out."
        form.refuse("on", "BASE_TYPE_CHOICES", message)
    return Chance(deed, chance, on_events=on == "events" or deed.kind == GATEWAY_FAULT)


def _deed(form: Form, readers: Readers, *, always: bool) -> Deed | None:
    given = [kind for kind in readers if form.data.get(kind) is not None]
    if len(given) != 1:
        form.refuse("", "BASE_TYPE_REQUIRED", f"Say what to do: one of {', '.join(readers)}.")
        return None
    kind = given[0]
    inner = form.form(kind)
    if inner is None:
        return None
    if always and kind in (FAULT, GATEWAY_FAULT):
        # chance decides how often, not a count; and people at the page are left alone unless somebody wants it
        usual: Json = {"times": None} if kind == GATEWAY_FAULT else {"times": None, "whom": "bots"}
        inner = Form({**usual, **inner.data}, inner.problems, inner.path)
    return Deed(kind, readers[kind](inner), inner.data)
