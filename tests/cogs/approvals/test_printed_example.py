"""The example of questions and approvals that the plugin guide prints, run as it is printed."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from cogs.approvals import approvals
from cogswarm import Cog
from cogswarm.testing import BotWith, FakeClock, Members
from tests.cogs.approvals.conftest import pressed
from tests.cogs.approvals.test_people_decide import filled

GUIDE = Path(__file__).parents[3] / "docs" / "plugins.md"


def printed() -> Cog:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (code,) = [one for one in blocks if 'Cog("minutes"' in one]
    found: dict[str, Any] = {"__name__": "minutes"}
    exec(compile(code, "plugins.md", "exec"), found)  # noqa: S102 - our own document
    cog = found["minutes"]
    assert isinstance(cog, Cog)
    return cog


async def test_the_printed_example_asks_rewrites_and_lets_go_ahead(
    bot_with: BotWith, members: Members, fake_clock: FakeClock
) -> None:
    bo, ada = await members(), await members("ada")
    await bot_with(printed(), approvals)
    asked = await bo.slash("minutes", chair=ada.user_id)
    thread = await asked.thread()
    assert "Answered: Monday" in await pressed(bo, await thread.hears("Which day is it?"), "Monday")
    mail = await thread.hears("Approval needed: Send this mail")
    assert "Sent back" in await filled(ada, mail, "Have it rewritten…", note="at noon")
    second = await thread.hears("We meet on mon. (at noon)")
    assert "Approved (version 2)" in await pressed(ada, second, "Approve")
    assert (await thread.hears("Sent: ")).text == "Sent: We meet on mon. (at noon)"
    window = await thread.hears("This goes ahead unless somebody stops it: Close the minutes")
    assert window.buttons == ["Stop it", "Stop it, saying why…"]
    await fake_clock.advance(timedelta(hours=1, minutes=1))
    await thread.hears("Closed.")
    assert (await bo.sees(window, "Nobody stopped this in time")).buttons == []
