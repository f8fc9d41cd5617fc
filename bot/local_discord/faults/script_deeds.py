"""The kinds of things that a script of faults can do, each read and done by the part that it is about."""

from bot.local_discord.faults.fault_form import read_fault
from bot.local_discord.faults.fault_script import CLOCK, FAULT, GATEWAY, GATEWAY_FAULT, Readers
from bot.local_discord.faults.script_run import Doers
from bot.local_discord.form import Form
from bot.local_discord.gateway.faults import GatewayFault, read_gateway_fault
from bot.local_discord.gateway.hub import Hub
from bot.local_discord.gateway.trouble import Trouble, read_trouble
from bot.local_discord.stepped_clock import SteppedClock

LARGEST_STEP = 100 * 366 * 86_400.0


def read_clock_step(form: Form) -> float:
    """The seconds of ``{"step": …}``; call ``form.problems.raise_any()`` after it."""
    form.only("step")
    if form.data.get("step") is None:
        form.refuse("step", "BASE_TYPE_REQUIRED", "Say by how many seconds; less than 0 is back.")
    return form.number("step", least=-LARGEST_STEP, most=LARGEST_STEP, default=0.0) or 0.0


READERS: Readers = {
    FAULT: read_fault,
    GATEWAY_FAULT: read_gateway_fault,
    GATEWAY: read_trouble,
    CLOCK: read_clock_step,
}


def doers(hub: Hub, clock: SteppedClock) -> Doers:
    """What does the deeds that are not about requests."""

    def set_gateway_fault(what: object) -> str:
        if not isinstance(what, GatewayFault):
            raise TypeError(what)
        return f"gateway fault {hub.faults.add(what).number} set"

    def disturb(what: object) -> str:
        if not isinstance(what, Trouble):
            raise TypeError(what)
        touched = hub.cause(what)
        return f"{touched} connection{'' if touched == 1 else 's'}"

    def step(what: object) -> str:
        if not isinstance(what, float):
            raise TypeError(what)
        try:
            clock.step(what)
        except ValueError as error:
            return f"not done: {error}"
        return f"it is now {clock.now().isoformat()}"

    return {GATEWAY_FAULT: set_gateway_fault, GATEWAY: disturb, CLOCK: step}
