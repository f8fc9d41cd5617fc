"""GitHub that refuses or is away when a decision reaches it, decisions that come too late, and what is remembered of one."""

from typing import Any

import httpx
import pytest

from bot.local_github.application import Fault
from bot.local_github.world import Commit, Pull
from cogs.code_review import messages, posting
from cogswarm.testing import Conversation, Heard, Person
from tests.cogs.code_review.conftest import House
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

POST = "/pulls/1/reviews$"
CODE = "def apply(total, code):\n    return total * eval(code)\n"


async def file_of(message: Heard) -> str:
    """The file below a message."""
    (address,) = message.files.values()
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(address)).text


async def begun(house: House, **settings: object) -> tuple[Pull, Person, Conversation, Heard]:
    """Bo asks for the review of a pull request, and may decide about it beside Ada, who manages the server."""
    await house.start(repositories=[], own=True, **settings)
    pull = house.host.world.open(house.repo, "Coupons", {"shop/coupons.py": CODE})
    house.hooks.waiting.clear()
    started = await house.bo.slash("review", url="octo-org/shop#1")
    thread = await started.thread()
    return pull, thread, started, await thread.hears("post this review of")


async def test_two_must_agree_github_refuses_a_line_and_they_post_without_lines(house: House) -> None:
    pull, bo, _, asked = await begun(house, needed=2)
    ada = await house.ada.in_channel(int(bo.channel_id))
    assert "1 of 2" in await house.says(bo, asked, "Approve")
    assert "1 of 2" in await house.says(ada, asked, "Comment")
    assert house.posted() == []
    # Somebody merges the same file: it is no part of the diff any more, though the head is the same.
    mended = {**house.repo.base.files, "shop/coupons.py": CODE.encode()}
    before, house.repo.base = house.repo.base, Commit("f" * 40, mended, "The same")
    await ada.click(asked, "Approve")
    refused = await bo.hears("GitHub did not take the review")
    assert "must be part of the diff" in refused.text
    assert pull.reviews == []
    instead = await bo.hears("Without comments on lines")
    again = await bo.hears("What now?")
    assert again.buttons[:3] == [messages.TRY_AGAIN, messages.WITHOUT_LINES, messages.POST_NOTHING]
    assert await house.says(bo, again, messages.TRY_AGAIN)
    await ada.click(again, messages.TRY_AGAIN)  # it is no better than before
    await bo.hears("GitHub did not take the review")
    again = await bo.hears("What now?")
    await house.says(bo, again, messages.WITHOUT_LINES)
    await ada.click(again, messages.WITHOUT_LINES)
    assert "with 0 comments" in (await bo.hears("decided: **approve**")).text
    (stands,) = pull.reviews
    assert (stands.state, stands.remarks, stands.commit) == ("APPROVED", (), pull.head.sha)
    shown = await file_of(instead)
    assert "shop/coupons.py:2: **medium** · bandit B307" in shown
    assert stands.body.rpartition("\n\n<!-- ")[0] == shown
    # GitHub has been told of it all the same: the next push does not tell it again.
    house.repo.base = before
    await house.push(pull, {"shop/other.py": "import os\n"})
    await bo.hears("1 new · ")
    draft = await file_of(await bo.hears(f"** about `{pull.head.sha[:7]}`"))
    assert "F401" in draft
    assert "B307" not in draft


async def test_github_is_away_for_a_while_and_hears_it_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "PAUSES", (0.05,))
    pull, bo, started, asked = await begun(house)
    house.host.faults += [
        Fault("error", "POST", POST),
        Fault("nonsense", "POST", POST),
        Fault("busy", "POST", POST, seconds=1),
        Fault("hang", "POST", POST),
        Fault("after", "POST", POST),
    ]
    await bo.click(asked, "Request changes")
    assert "GitHub answered with something" in (await bo.hears("I go on trying")).text
    await bo.hears("decided: **request changes**")
    assert [one.state for one in pull.reviews] == ["CHANGES_REQUESTED"]
    assert house.host.faults == []
    await bo.sees_reaction(await started.status(), "🛑")
    await _remembered(house, int((await started.thread()).channel_id))

    # A token that is not accepted any more is for people to mend: nothing is lost, and nothing is tried behind their back.
    await bo.slash("reviews full")
    asked = await bo.hears("post this review of")
    house.host.faults.append(Fault("stranger", "POST", POST))
    await bo.click(asked, "Comment")
    assert "token or App" in (await bo.hears("GitHub did not take the review")).text
    again = await bo.hears("What now?")
    await bo.click(again, messages.TRY_AGAIN)
    await bo.hears("decided: **comment**")
    assert [one.state for one in pull.reviews] == ["CHANGES_REQUESTED", "COMMENTED"]


async def _remembered(house: House, review_thread: int) -> None:
    """What was decided is remembered as resting on text from outside, for those who can read the thread."""
    bot = house.running
    kept: list[tuple[Any, ...]] = []

    async def is_kept() -> bool:
        async with bot.database.within(house.guild).transaction() as conn:
            cursor = await conn.execute(
                "SELECT kind, title, body, tainted, channel_id, thread_id FROM memory ORDER BY id"
            )
            kept[:] = await cursor.fetchall()
        return bool(kept)

    await eventually(is_kept)
    ((kind, title, body, tainted, channel_id, thread_id),) = kept
    assert (kind, title, tainted) == ("review", "octo-org/shop#1 Coupons", True)
    assert body.startswith("Request changes at ")
    assert "bandit B307 shop/coupons.py:2" in body
    # Who reads a public thread is whoever reads its channel.
    assert (channel_id, thread_id) == (int(house.bo.channel_id), review_thread)


async def test_a_decision_after_closing_posts_nothing_and_opening_again_asks_again(house: House) -> None:
    pull, bo, started, asked = await begun(house)
    house.host.world.close(house.repo, pull)
    closed = house.hooks.waiting.copy()
    house.hooks.waiting.clear()  # nobody has told of it yet
    await bo.click(asked, "Approve")
    await bo.hears(messages.ENDED.format(pull="octo-org/shop#1", state="closed"))
    assert house.posted() == []
    house.hooks.waiting += closed
    await house.tell()
    await bo.hears("⚫ Closed by **mona**")
    await bo.sees_reaction(await started.status(), "⚫")

    house.host.world.reopen(house.repo, pull)
    await house.tell()
    await bo.hears("🔄 Opened again by **mona**")
    asked = await bo.hears("post this review of")
    status = next(one for one in await bo.history() if one.text.startswith("**["))
    await bo.sees(status, "a decision is waited for")

    # paused and skipped, what is waited for is void, and the thread says how it stands
    ada = await house.ada.in_channel(int(bo.channel_id))
    assert "is not paused" in (await (await ada.slash("reviews resume")).answer()).text
    assert "Paused" in (await (await ada.slash("reviews pause")).answer()).text
    await bo.sees(status, "⏸️ Paused")
    await bo.sees_reaction(await started.status(), "⏸️")
    assert "has ended" in await house.says(bo, asked, "Approve")
    assert "I look at" in await house.says(ada, status, messages.AGAIN)
    asked = await bo.hears("post this review of")
    await (await ada.slash("reviews skip")).answer()
    over = await bo.sees(status, "⏭️ Not reviewed any more")
    assert over.buttons == []
    assert "has ended" in await house.says(bo, asked, "Approve")
    assert "not reviewed any more" in (await (await ada.slash("reviews pause")).answer()).text
    await house.push(pull, {"shop/more.py": "x = 1\n"})
    await (await ada.slash("reviews resume", review="octo-org/shop#1")).answer()
    # Whoever is for it by name is who has asked for this look.
    asked = await ada.hears(f"post this review of {pull.head.sha[:7]}")
    assert "not for you" in await house.says(bo, asked, messages.POST_NOTHING)
    await ada.click(asked, messages.POST_NOTHING)
    await bo.hears(messages.NOT_POSTED)
    assert house.posted() == []

    # closed while skipped: who takes it up again is told how it stands, and nothing is asked
    await (await ada.slash("reviews skip")).answer()
    await bo.sees(status, "⏭️ Not reviewed any more")
    house.host.world.close(house.repo, pull, merge=True)
    await house.tell()
    await (await ada.slash("reviews resume")).answer()
    await bo.sees(status, "🟣 Merged")
