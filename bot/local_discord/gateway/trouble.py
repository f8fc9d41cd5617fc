"""What can be done to connections from outside: what networks do to them, and what Discord does."""

import asyncio
from dataclasses import dataclass

from bot.local_discord.form import Form
from bot.local_discord.gateway import codes
from bot.local_discord.gateway.codes import UNKNOWN_ERROR
from bot.local_discord.gateway.faults import LONGEST_DELAY
from bot.local_discord.gateway.outbox import Wire
from bot.local_discord.gateway.session import Session, frame

CLOSE, RECONNECT, INVALIDATE, HEARTBEAT = "close", "reconnect", "invalidate", "heartbeat"
CUT, HALF_OPEN, STALL, SLOW, HEAL = "cut", "half_open", "stall", "slow", "heal"
ACTIONS = (CLOSE, RECONNECT, INVALIDATE, HEARTBEAT, CUT, HALF_OPEN, STALL, SLOW, HEAL)
FASTEST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """One action on the connections of an application, a user or one session; without any of them on all.

    ``close``
        Ends them with the close ``code``.
    ``cut``
        Ends them with TCP's RST and no close frame.
    ``reconnect``
        Asks the client to come back (op 7); a few seconds later the server closes.
    ``invalidate``
        Says that the session is not valid (op 9) and forgets it, unless it is ``resumable``.
    ``heartbeat``
        Asks for a heartbeat now (op 1).
    ``half_open``
        Nothing is read, answered or sent any more while TCP stays up, until ``heal``.
    ``stall``
        The same for ``seconds``.
    ``slow``
        Only ``bytes_per_second`` reach the client, until ``heal``.
    ``heal``
        Ends half_open, stall and slow; what waited arrives.
    """

    action: str
    application_id: int | None = None
    user_id: int | None = None
    session_id: str | None = None
    code: int = UNKNOWN_ERROR
    resumable: bool = False
    seconds: float = 1.0
    bytes_per_second: int = 1000

    def means(self, session: Session) -> bool:
        """Whether it is to happen to this session's connection."""
        return (
            self.application_id in (None, session.application_id)
            and self.user_id in (None, session.user_id)
            and self.session_id in (None, session.id)
        )


def disturbed(wire: Wire, trouble: Trouble, reconnect_grace: float) -> None:
    """Do to one connection what is asked for; that an invalid session is forgotten is the caller's part."""
    match trouble.action:
        case "close":
            wire.close(trouble.code)
        case "cut":
            wire.link.cut()
        case "reconnect":
            wire.send(frame(codes.RECONNECT))
            asyncio.get_running_loop().call_later(reconnect_grace, wire.close, UNKNOWN_ERROR)
        case "invalidate":
            wire.send(frame(codes.INVALID_SESSION, data=trouble.resumable))
        case "heartbeat":
            wire.send(frame(codes.HEARTBEAT))
        case "half_open":
            wire.link.break_off()
        case "stall":
            wire.link.break_off()
            asyncio.get_running_loop().call_later(trouble.seconds, wire.link.heal)
        case "slow":
            wire.link.slow_down(trouble.bytes_per_second)
        case _:
            wire.link.heal()


def read_trouble(form: Form) -> Trouble:
    """What the body of ``POST /local/gateway`` asks for; call ``form.problems.raise_any()`` after it."""
    form.only(
        "action",
        "application_id",
        "user_id",
        "session_id",
        "code",
        "resumable",
        "seconds",
        "bytes_per_second",
    )
    action = form.word("action", ACTIONS, required=True)
    return Trouble(
        action=action or CLOSE,
        application_id=form.snowflake("application_id"),
        user_id=form.snowflake("user_id"),
        session_id=form.text("session_id", most=200),
        code=form.integer("code", least=1000, most=4999, default=UNKNOWN_ERROR) or UNKNOWN_ERROR,
        resumable=bool(form.boolean("resumable")),
        seconds=form.number("seconds", most=LONGEST_DELAY, default=1.0) or 0.0,
        bytes_per_second=form.integer("bytes_per_second", least=1, most=FASTEST, default=1000) or 1000,
    )
