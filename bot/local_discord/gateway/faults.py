"""Faults on demand: events that get lost, come twice, in the wrong order, late or broken."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bot.local_discord.form import Form
from bot.local_discord.gateway.outbox import Wire
from bot.local_discord.model import Json
from bot.local_discord.wire.view import maybe_id

MOST = 1_000_000
LONGEST_DELAY = 600.0
DROP, DUPLICATE, REORDER, DELAY, CORRUPT = "drop", "duplicate", "reorder", "delay", "corrupt"
WHAT_HAPPENS = (DROP, DUPLICATE, REORDER, DELAY, CORRUPT)
CONTROL = frozenset({"HEARTBEAT_ACK"})
"""Frames without an event's name that a fault may name; a pattern with ``*`` means events only."""


@dataclass(frozen=True, slots=True)
class GatewayFault:
    """What to do to matching frames: let ``skip`` pass, then act on ``times`` (None: always).

    ``event`` is a ``*`` pattern for the event's name, or ``HEARTBEAT_ACK``. Without ``application_id`` and ``user_id``
    everybody's frames match, people's too; each session's frame counts by itself.

    ``drop``
        The frame does not arrive. It has used its sequence number and is held for a resume, so the client can know.
    ``duplicate``
        It arrives twice, with the same sequence number.
    ``reorder``
        It arrives after the next frame of the same connection.
    ``delay``
        It arrives ``seconds`` later, and so does everything behind it.
    ``corrupt``
        Half of it arrives, which is no JSON.

    What a resume replays is not touched.
    """

    number: int
    action: str
    event: str = "*"
    application_id: int | None = None
    user_id: int | None = None
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0

    def as_json(self) -> Json:
        """The fault as ``/local/gateway/faults`` gives it."""
        return {
            "number": self.number,
            "action": self.action,
            "event": self.event,
            "application_id": maybe_id(self.application_id),
            "user_id": maybe_id(self.user_id),
            "times": self.times,
            "skip": self.skip,
            "seconds": self.seconds,
        }

    def fits(self, name: str, application_id: int | None, user_id: int) -> bool:
        """Whether a frame of this name to this listener is meant."""
        if self.application_id not in (None, application_id) or self.user_id not in (None, user_id):
            return False
        return self.event == name if name in CONTROL else fnmatchcase(name, self.event)


type Chance = Callable[[str, int | None, int], GatewayFault | None]
"""What a script brings by chance to a frame of this name for an application (or none) and its user."""


class GatewayFaults:
    """The faults that are set, tried in the order they were set; the first that fits happens.

    Where none does, ``by_chance`` may bring one.
    """

    def __init__(self) -> None:
        self._faults: dict[int, GatewayFault] = {}
        self._last = 0
        self.by_chance: Chance = lambda _name, _application_id, _user_id: None

    def add(self, fault: GatewayFault) -> GatewayFault:
        """Set a fault; gives it back with its number."""
        self._last += 1
        self._faults[self._last] = replace(fault, number=self._last)
        return self._faults[self._last]

    def remove(self, number: int | None = None) -> None:
        """Take one fault back, or all; an unknown number is as good as taken back."""
        if number is None:
            self._faults.clear()
        else:
            self._faults.pop(number, None)

    def all(self) -> list[GatewayFault]:
        """The faults that are set, with what is left of them."""
        return list(self._faults.values())

    def take(self, name: str, application_id: int | None, user_id: int) -> GatewayFault | None:
        """The fault that happens to this frame, which uses it up once."""
        for fault in list(self._faults.values()):
            if not fault.fits(name, application_id, user_id):
                continue
            if fault.skip > 0:
                self._faults[fault.number] = replace(fault, skip=fault.skip - 1)
                continue
            if fault.times is not None:
                if fault.times <= 1:
                    del self._faults[fault.number]
                else:
                    self._faults[fault.number] = replace(fault, times=fault.times - 1)
            return fault
        return self.by_chance(name, application_id, user_id)


def deliver(wire: Wire, text: str, fault: GatewayFault | None) -> None:
    """Queue a frame, with what a fault does to it."""
    match None if fault is None else fault.action:
        case "drop":
            return
        case "duplicate":
            wire.send(text)
            wire.send(text)
        case "reorder":
            wire.hold(text)
        case "corrupt":
            wire.send(text[: len(text) // 2])
        case _:
            wire.send(text, after=0.0 if fault is None else fault.seconds)


def read_gateway_fault(form: Form) -> GatewayFault:
    """A fault from the body of ``POST /local/gateway/faults``; call ``form.problems.raise_any()`` after it."""
    form.only("action", "event", "application_id", "user_id", "times", "skip", "seconds")
    action = form.word("action", WHAT_HAPPENS, required=True)
    always = form.has("times") and form.data["times"] is None
    return GatewayFault(
        number=0,
        action=action or DROP,
        event=form.text("event", most=100) or "*",
        application_id=form.snowflake("application_id"),
        user_id=form.snowflake("user_id"),
        times=None if always else form.integer("times", least=1, most=MOST, default=1),
        skip=form.integer("skip", most=MOST, default=0) or 0,
        seconds=form.number("seconds", most=LONGEST_DELAY, default=0.0) or 0.0,
    )
