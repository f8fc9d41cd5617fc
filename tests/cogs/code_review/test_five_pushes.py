"""AC-C3: five pushes. Each tells what is new and nothing twice, every comment is on a line of the diff, and late clicks post nothing."""

import re
from random import Random

import pytest

from cogs.code_review import messages
from cogswarm.testing import Heard, Person
from tests.cogs.code_review.conftest import House
from tests.sizes import size

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SEEDS = range(size("AC-C3 pull requests of five pushes", small=1, stated=6))
PUSHES = 5
MISTAKES = ("v{number} = eval('{number}')", "w{number} = v == None")
RULES = ("bandit B307", "ruff E711")
PATHS = ("shop/one.py", "shop/two.py")

type Mistake = tuple[str, int, int]
"""The file, the kind, and its number."""


def written(mistakes: set[Mistake], path: str, noise: int) -> tuple[str, dict[int, Mistake]]:
    """A file with some mistakes in it, and on which line each stands; ``noise`` moves them about."""
    lines, places = ["v = 0"] + [f"# noise {one}" for one in range(noise)], dict[int, Mistake]()
    for one in sorted(mistakes):
        if one[0] == path:
            lines += [f"# begin {one}", MISTAKES[one[1]].format(number=one[2])]
            places[len(lines)] = one
            lines += [f"# end {one}", ""]
    return "\n".join(lines) + "\n", places


def next_ones(chance: Random, now: set[Mistake], number: int) -> set[Mistake]:
    """What is there after a push: some are mended, one comes, and one may come that was mended before."""
    kept = {one for one in sorted(now) if chance.random() < 0.7}
    fresh = {
        (chance.choice(PATHS), chance.randrange(2), number * 10 + at) for at in range(chance.randint(0, 2))
    }
    return kept | fresh


async def heard_new(thread: Person, seen: set[str]) -> list[str]:
    """The findings that agents have told of since the last time, as rule and place."""
    found: list[str] = []
    for one in await thread.history(100):
        if one.id not in seen and one.author in {"Lint", "Security"}:
            found += re.findall(r"^- \*\*\w+\*\* (.*)$", one.text, re.MULTILINE)
        seen.add(one.id)
    return found


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_push_tells_what_is_new_and_github_hears_nothing_twice(house: House, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - which story is told
    await house.start(needed=1)
    now: set[Mistake] = {(PATHS[0], 0, 1), (PATHS[0], 1, 2), (PATHS[1], 0, 3)}
    ever: set[Mistake] = set()
    seen: set[str] = set()
    pull, thread = None, None
    for push in range(1, PUSHES + 1):
        texts = {path: written(now, path, chance.randint(0, 4)) for path in PATHS}
        changes = {path: text for path, (text, _) in texts.items()}
        if pull is None or thread is None:
            pull = await house.open("Five pushes", changes)
            thread = await house.ada.in_thread_of(await house.ada.hears("octo-org/shop#1 Five pushes"))
        else:
            await house.push(pull, changes)
        head = pull.head.sha
        asked = await thread.hears(f"post this review of {head[:7]}")
        told = await heard_new(thread, seen)
        places = {one: (path, line) for path, (_, lines) in texts.items() for line, one in lines.items()}
        fresh = {one: places[one] for one in now - ever}
        assert sorted(told) == sorted(
            f"{RULES[one[1]]} · {path}:{line}" for one, (path, line) in fresh.items()
        )
        ever |= now
        shown = await thread.sees(await status(thread), f"Looked at `{head[:7]}`, and a decision")
        assert f"Findings: {len(now)} open" in shown.text
        await thread.click(asked, "Comment")
        await thread.hears(f"of `{head[:7]}` stands on GitHub with {len(fresh)} comment")
        review = house.posted()[-1]
        assert (review["commit_id"], review["event"], len(house.posted())) == (head, "COMMENT", push)
        assert {(one["path"], one["line"]) for one in review["comments"]} == set(fresh.values())
        now = next_ones(chance, now, push)

    assert pull is not None
    assert thread is not None
    await void(house, thread)


async def status(thread: Person) -> Heard:
    return next(one for one in await thread.history() if one.text.startswith("**["))


async def void(house: House, thread: Person) -> None:
    """What was asked before a push decides nothing after it, whether the bot has heard of the push or not."""
    pull = house.repo.pulls[1]
    count = len(house.posted())
    await house.push(pull, {"shop/three.py": "x = 1\n"})
    before = pull.head.sha
    asked = await thread.hears(f"post this review of {before[:7]}")
    house.host.world.push(house.repo, pull, {"shop/three.py": "x = 2\n"})  # nobody has told of it yet
    await thread.click(asked, "Approve")
    await thread.hears(messages.VOID.format(pull="octo-org/shop#1", head=before[:7]))
    await house.tell()
    asked = await thread.hears(f"post this review of {pull.head.sha[:7]}")
    await house.push(pull, {"shop/three.py": "x = 3\n"})
    await thread.hears(messages.PUSHED.format(head=pull.head.sha[:7]))
    late = await thread.click(asked, "Approve")
    assert "has ended" in (await thread.answer_to(late)).text
    assert len(house.posted()) == count
    asked = await thread.hears(f"post this review of {pull.head.sha[:7]}")
    await thread.click(asked, "Approve")
    await thread.hears("decided: **approve**")
    assert (house.posted()[-1]["commit_id"], house.posted()[-1]["event"]) == (pull.head.sha, "APPROVE")
    assert len(house.posted()) == count + 1
