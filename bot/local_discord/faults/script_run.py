"""Runs a script of faults: counts requests and events, does what is due, and keeps a log by which runs are compared.

What happens by chance is drawn for the n-th request of a caller to a route, or for the n-th event of a name: the same
traffic meets the same faults, however fast it goes.
"""

import asyncio
import hashlib
import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from bot.local_discord.events import Emit, Event
from bot.local_discord.faults.fault_script import FAULT, GATEWAY_FAULT, Chance, Deed, Script, Step, drawn
from bot.local_discord.faults.faults import Fault, Faults, Met
from bot.local_discord.gateway.faults import GatewayFault
from bot.local_discord.model import Json

log = structlog.get_logger(__name__)

MOST_LOGGED = 10_000
EVERYBODY = "everybody"

type Doers = Mapping[str, Callable[[object], str]]
"""By kind: what does such a deed; it says in a few words what came of it."""


@dataclass(slots=True)
class _Rule:
    """A chance at work; ``number`` is that of its fault in the request log."""

    chance: Chance
    number: int = 0
    fitted: int = 0
    happened: int = 0

    def may(self, times: int | None, skip: int) -> bool:
        """Whether its fault's own limits let it happen this time."""
        self.fitted += 1
        return self.fitted > skip and (times is None or self.happened < times)


class ScriptRun:
    """One script, from its start to its end."""

    def __init__(self, script: Script, seed: int, doers: Doers, faults: Faults) -> None:
        self._script = script
        self.seed = seed
        self._doers = doers
        self._rules = [
            _Rule(each, faults.next_number() if each.deed.kind == FAULT else 0) for each in script.chances
        ]
        self._requests = self._events = 0
        self._seen: Counter[tuple[str, ...]] = Counter()
        self._waiting: dict[int, Step] = dict(enumerate(script.steps))
        self._log: deque[Json] = deque(maxlen=MOST_LOGGED)
        self._logged = 0
        self._sum = 0
        self._event: tuple[str, int] | None = None

    @property
    def reads_body(self) -> bool:
        """Whether chance depends on what is in a request's body."""
        whats = (rule.chance.deed.what for rule in self._rules)
        return any(isinstance(what, Fault) and what.contains for what in whats)

    def on_request(self, met: Met, caller: str, *, taken: bool) -> Fault | None:
        """The fault that chance brings to a request, which has none yet unless it is ``taken``.

        What people do at the page does not count, so that looking on changes nothing.
        """
        self._requests += not met.person
        key = ("request", caller, met.method, met.route)
        self._seen[key] += 1
        nth = self._seen[key]
        on: Json = {"request": self._requests, "on": f"{met.method} {met.route} #{nth}", "by": caller}
        found: Fault | None = None
        for index, rule in enumerate(self._rules):
            if rule.chance.on_events:
                continue
            what = rule.chance.deed.what
            if isinstance(what, Fault):
                if not what.fits(met) or not rule.may(what.times, what.skip):
                    continue
                if taken or found is not None or not self._draws(index, rule, *key, nth):
                    continue
                found = replace(what, number=rule.number)
                self._note(f"random[{index}]", rule.chance.deed, {**on, "fault": rule.number})
            elif not met.person and self._draws(index, rule, *key, nth):
                self._do(f"random[{index}]", rule.chance.deed, on)
        self._do_due()
        return found

    def before_event(self, name: str) -> None:
        """Count an event that is about to be sent to whoever may hear it."""
        self._events += 1
        self._seen["event", name] += 1
        self._event = (name, self._seen["event", name])

    def after_event(self) -> None:
        """Do what an event brings, now that it has been sent."""
        if self._event is None:
            return
        name, nth = self._event
        self._event = None
        for index, rule in enumerate(self._rules):
            deed = rule.chance.deed
            if not rule.chance.on_events or deed.kind == GATEWAY_FAULT:
                continue
            if self._draws(index, rule, "event", EVERYBODY, name, nth):
                self._do(f"random[{index}]", deed, {"event": self._events, "on": f"{name} #{nth}"})
        self._do_due()

    def on_frame(
        self, name: str, application_id: int | None, user_id: int, listener: str
    ) -> GatewayFault | None:
        """The fault that chance brings to the current event on its way to one listener."""
        if self._event is None:
            return None
        nth = self._event[1]
        for index, rule in enumerate(self._rules):
            what = rule.chance.deed.what
            if not isinstance(what, GatewayFault) or not what.fits(name, application_id, user_id):
                continue
            if application_id is None and what.user_id is None:
                # a person's page only meets what names the person
                continue
            if not rule.may(what.times, what.skip) or not self._draws(
                index, rule, "event", listener, name, nth
            ):
                continue
            on: Json = {"event": self._events, "on": f"{name} #{nth}", "by": listener}
            self._note(f"random[{index}]", rule.chance.deed, on)
            return what
        return None

    async def keep_time(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Do the steps that have a time, until there are no more."""
        passed = 0.0
        timed = [(step.at, index) for index, step in self._waiting.items() if step.at is not None]
        for at, index in sorted(timed):
            await sleep(at - passed)
            passed = at
            self._do(f"steps[{index}]", self._waiting.pop(index).deed, {"at": at})

    def report(self, *, stopped: bool) -> Json:
        """The script and what it has done; two runs that did the same have the same ``fingerprint``."""
        waiting = bool(self._waiting or self._rules)
        return {
            "state": "stopped" if stopped else "running" if waiting else "done",
            "seed": self.seed,
            "requests": self._requests,
            "events": self._events,
            "steps": [
                {**step.as_json(), "done": index not in self._waiting}
                for index, step in enumerate(self._script.steps)
            ],
            "random": [
                {**rule.chance.as_json(), "fault": rule.number or None, "happened": rule.happened}
                for rule in self._rules
            ],
            "logged": self._logged,
            "log": list(self._log),
            "fingerprint": f"{self._sum:016x}",
        }

    def _draws(self, index: int, rule: _Rule, *key: object) -> bool:
        happens = drawn(rule.chance.chance, self.seed, index, *key)
        rule.happened += happens
        return happens

    def _do_due(self) -> None:
        for index, step in list(self._waiting.items()):
            if step.after_requests is not None and self._requests >= step.after_requests:
                on: Json = {"request": self._requests}
            elif step.after_events is not None and self._events >= step.after_events:
                on = {"event": self._events}
            else:
                continue
            del self._waiting[index]
            self._do(f"steps[{index}]", step.deed, on)

    def _do(self, rule: str, deed: Deed, on: Json) -> None:
        try:
            came = self._doers[deed.kind](deed.what)
        except Exception:
            # a request or event is under way here, which has nothing to do with it
            log.exception("local_discord_script_failed", rule=rule)
            came = "failed; the server's log says why"
        self._note(rule, deed, on, came)

    def _note(self, rule: str, deed: Deed, on: Json, came: str = "") -> None:
        """Log a deed.

        The fingerprint is of what was done to what, whatever came of it and in whichever order: requests that are under
        way at the same time may overtake each other.
        """
        entry: Json = {"rule": rule, "did": deed.kind, **on}
        same = json.dumps([rule, deed.kind, on.get("on"), on.get("by")]).encode("utf-8", "replace")
        digest = hashlib.blake2b(same, digest_size=8).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % (1 << 64)
        self._log.append({**entry, "came": came} if came else entry)
        self._logged += 1
        log.debug("local_discord_script_did", entry=entry, came=came)


class Scripts:
    """The one script that runs, if one does; what it set ends with it.

    ``names`` gives a name for a user that is the same in every run from the same scene, as ids are not.
    """

    def __init__(
        self,
        doers: Doers,
        faults: Faults,
        sleep: Callable[[float], Awaitable[None]],
        choose_seed: Callable[[], int],
        names: Callable[[int], str],
    ) -> None:
        self._doers = doers
        self._faults = faults
        self._sleep = sleep
        self._choose_seed = choose_seed
        self._names = names
        self._set: list[int] = []
        self._timer: asyncio.Task[None] | None = None
        self.run: ScriptRun | None = None

    def start(self, script: Script) -> Json:
        """Stop what runs and start a script; gives its first report."""
        self.stop()
        seed = self._choose_seed() if script.seed is None else script.seed
        self.run = ScriptRun(script, seed, {**self._doers, FAULT: self._set_fault}, self._faults)
        self._timer = asyncio.create_task(self.run.keep_time(self._sleep))
        log.info("local_discord_script_started", seed=seed)
        return self.run.report(stopped=False)

    def around(self, emit: Emit) -> Emit:
        """``emit``, with the script told of each event."""

        def told(event: Event) -> None:
            run = self.run
            if run is None:
                emit(event)
                return
            run.before_event(event.name)
            try:
                emit(event)
            finally:
                run.after_event()

        return told

    def on_request(self, met: Met, *, taken: bool) -> Fault | None:
        """The fault that chance brings to a request, which already has one where it is ``taken``."""
        if self.run is None:
            return None
        caller = "nobody" if met.user_id is None else self._names(met.user_id)
        return self.run.on_request(met, caller, taken=taken)

    def on_frame(self, name: str, application_id: int | None, user_id: int) -> GatewayFault | None:
        """The fault that chance brings to an event on its way to one listener."""
        if self.run is None:
            return None
        return self.run.on_frame(name, application_id, user_id, self._names(user_id))

    def stop(self) -> Json | None:
        """End the script and the faults that it set; gives its last report, None when there was none.

        What it did to connections and to the clock stays.
        """
        if self._timer is not None:
            self._timer.cancel()
        for number in self._set:
            self._faults.remove(number)
        self._set.clear()
        run, self.run, self._timer = self.run, None, None
        return None if run is None else run.report(stopped=True)

    def _set_fault(self, what: object) -> str:
        if not isinstance(what, Fault) or self._faults.full:
            return "not set: too many faults are set already"
        number = self._faults.add(what).number
        self._set.append(number)
        return f"fault {number} set"
