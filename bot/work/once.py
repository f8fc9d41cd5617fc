"""Effects that nobody can look up or repeat: done at most once, and people decide where it is not known."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.errors import ConfigError, NotDone, OutsideError, UserError
from bot.work.steps import Steps, adapter_of
from bot.work.waiting import Waits

RETRY, DONE = "retry", "done"
OPTIONS = {RETRY: "Retry", DONE: "Done"}
MAY_HAVE_HAPPENED = (
    "**{what}** may have happened: it was begun, and then something went wrong before I could tell. I do not repeat it "
    "by myself. Please look: did it happen? *Done* goes on as if it had, *Retry* does it again."
)

log = structlog.get_logger(__name__)


async def once[**P, T](
    steps: Steps, waits: Waits, name: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T | None:
    """Do something whose repetition would do harm; None where people said that it has happened.

    The intent is committed first. Errors that say that nothing was done (`UserError`, `ConfigError`, `NotDone`) take it
    back; after any other end people are asked.
    """
    key, adapter = steps.claim_key(name), adapter_of(do)
    attempt = _attempt(steps.intent(key))
    if key not in steps and attempt and _in_doubt(steps.intent(key)):
        attempt = await _decided(steps, waits, name, key, attempt)
    while key not in steps:
        attempt += 1
        # Whatever ends the process from here on leaves the outcome unknown.
        with steps.under_way(harmless=False):
            await steps.intend(key, "once", {"attempt": attempt})
            try:
                done = await do(*args, **kwargs)
            except (UserError, ConfigError, NotDone):
                await steps.intend(key, "once", {"attempt": attempt, "withdrawn": True})
                raise
            except OutsideError as error:
                log.warning("effect_unknown", step=name, reason=str(error))
            else:
                await steps.save(key, adapter.dump_python(done, mode="json"), "once")
                break
        attempt = await _decided(steps, waits, name, key, attempt)
    return None if steps[key] is None else adapter.validate_python(steps[key])


async def _decided(steps: Steps, waits: Waits, name: str, key: str, attempt: int) -> int:
    """Ask people what has become of an attempt, until one of them has said it."""
    said = await waits.answer(f"{name}?{attempt}", MAY_HAVE_HAPPENED.format(what=name), OPTIONS)
    if said is not None and said.value == DONE:
        await steps.save(key, None, "once")
    return attempt


def _attempt(intent: Any) -> int:
    return 0 if intent is None else int(intent["attempt"])


def _in_doubt(intent: Any) -> bool:
    return not intent.get("withdrawn")
