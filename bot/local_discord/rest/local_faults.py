"""The local routes that make trouble and take it back: faults, their script, the clock, and the limits' counts."""

from starlette.responses import Response

from bot.local_discord.faults.fault_form import read_fault
from bot.local_discord.faults.fault_script import read_script
from bot.local_discord.faults.faults import MOST_HELD
from bot.local_discord.faults.script_deeds import READERS, read_clock_step
from bot.local_discord.faults.script_run import Scripts
from bot.local_discord.model import Json
from bot.local_discord.refusals import Refusal, limit_reached
from bot.local_discord.rest.call import Call, Handler, nothing, ok
from bot.local_discord.rest.desk import Desk
from bot.local_discord.stepped_clock import EARLIEST, LATEST, SteppedClock
from bot.local_discord.wire.view import stamp

NO_SCRIPT = Refusal(404, 0, "There is no script; POST one here first.")


def fault_routes(desk: Desk, scripts: Scripts, clock: SteppedClock) -> dict[str, dict[str, Handler]]:
    """The routes by path; the caller demands the page's key."""
    trouble = _Trouble(desk, scripts, clock)
    return {
        "/faults": {"GET": trouble.get_faults, "POST": trouble.post_fault, "DELETE": trouble.delete_faults},
        "/faults/{number}": {"DELETE": trouble.delete_fault},
        "/script": {"GET": trouble.get_script, "POST": trouble.post_script, "DELETE": trouble.delete_script},
        "/clock": {"GET": trouble.get_clock, "POST": trouble.post_clock, "DELETE": trouble.delete_clock},
        "/limits": {"GET": trouble.get_limits, "DELETE": trouble.delete_limits},
    }


class _Trouble:
    def __init__(self, desk: Desk, scripts: Scripts, clock: SteppedClock) -> None:
        self._desk = desk
        self._scripts = scripts
        self._clock = clock

    async def get_faults(self, call: Call) -> Response:
        """The faults that are still to happen, or with ``?spent=true`` those that are over."""
        faults = self._desk.faults
        return ok([fault.as_json() for fault in (faults.spent() if call.flag("spent") else faults.all())])

    async def post_fault(self, call: Call) -> Response:
        form = await call.form()
        fault = read_fault(form)
        form.problems.raise_any()
        if self._desk.faults.full:
            raise limit_reached(0, f"Maximum number of faults reached ({MOST_HELD}); take some away first.")
        return ok(self._desk.faults.add(fault).as_json(), 201)

    async def delete_faults(self, _call: Call) -> Response:
        self._desk.faults.remove()
        return nothing()

    async def delete_fault(self, call: Call) -> Response:
        self._desk.faults.remove(call.id("number"))
        return nothing()

    async def get_script(self, _call: Call) -> Response:
        run = self._scripts.run
        if run is None:
            raise NO_SCRIPT
        return ok(run.report(stopped=False))

    async def post_script(self, call: Call) -> Response:
        form = await call.form()
        script = read_script(form, READERS)
        form.problems.raise_any()
        return ok(self._scripts.start(script), 201)

    async def delete_script(self, _call: Call) -> Response:
        """End the script; its last report is the answer."""
        report = self._scripts.stop()
        if report is None:
            raise NO_SCRIPT
        return ok(report)

    async def get_clock(self, _call: Call) -> Response:
        return ok(self._time())

    async def post_clock(self, call: Call) -> Response:
        form = await call.form()
        seconds = read_clock_step(form)
        if not form.problems.found and not self._clock.allows(seconds):
            years = f"{EARLIEST.year} to {LATEST.year}"
            form.refuse(
                "step", "NUMBER_TYPE_MAX", f"This leads out of the years {years}; take a smaller step."
            )
        form.problems.raise_any()
        self._clock.step(seconds)
        return ok(self._time())

    async def delete_clock(self, _call: Call) -> Response:
        self._clock.put_back()
        return ok(self._time())

    def _time(self) -> Json:
        return {"now": stamp(self._clock.now()), "offset": self._clock.offset.total_seconds()}

    async def get_limits(self, _call: Call) -> Response:
        limiter = self._desk.limiter
        if limiter is None:
            return ok({"on": False, "limits": None, "callers": {}})
        callers = {
            caller: {"invalid_requests": count, "banned_for": round(left, 3)}
            for caller, (count, left) in limiter.invalid.counts().items()
        }
        return ok({"on": True, "limits": limiter.limits.as_json(), "callers": callers})

    async def delete_limits(self, _call: Call) -> Response:
        """Start over: every window is new and nobody is shut out."""
        if self._desk.limiter is not None:
            self._desk.limiter.forget()
        return nothing()
