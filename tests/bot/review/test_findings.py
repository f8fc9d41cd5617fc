"""Findings are the same over pushes as long as the code they are about is; lines may move, files be renamed, words change."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.local_github.application import LocalGitHub
from bot.local_github.world import Repo
from bot.review.confined import ToolLimits
from bot.review.diff_lines import diff_lines, placed, renames
from bot.review.finding import Finding, Severity, Spotted, identified, pushed
from bot.review.github_client import GitHubClient
from bot.review.pull_request import ChangedFile, InlineComment, NewReview, PullId, PullRequest, Repository
from bot.review.ruff_tool import ruff
from bot.review.workspace import workspace
from tests.bot.review.changes import changes

lines = st.lists(
    st.sampled_from(["a = 1", "b = 2", "call(a)", "call(b)", "", "return a"]), min_size=1, max_size=12
)


def spots(text: str, rule: str = "R1") -> list[Spotted]:
    """Every call is a finding."""
    return [
        Spotted("tool", "tool", rule, Severity.LOW, f"at {number}", "x.py", number)
        for number, line in enumerate(text.splitlines(), 1)
        if line.lstrip().startswith("call")
    ]


@given(lines, st.randoms(use_true_random=False))
def test_what_moves_or_is_indented_stays_the_same(body: list[str], random: Random) -> None:
    text = "\n".join(body) + "\n"
    moved = "\n" * random.randrange(5) + "".join(f"    {line}\n" for line in body)
    before, after = identified(spots(text), {"x.py": text}), identified(spots(moved), {"x.py": moved})
    assert [one.fingerprint for one in before] == [one.fingerprint for one in after]
    told = pushed(before, after)
    assert (told.new, told.fixed, len(told.still)) == ((), (), len(before))


@given(lines, lines)
def test_pushes_divide_findings_without_remainder(first: list[str], second: list[str]) -> None:
    one, two = "\n".join(first), "\n".join(second)
    before, after = identified(spots(one), {"x.py": one}), identified(spots(two), {"x.py": two})
    assert len({finding.fingerprint for finding in after}) == len(after)
    told = pushed(before, after)
    assert len(told.new) + len(told.still) == len(after)
    assert len(told.fixed) + len(told.still) == len(before)
    assert not {finding.fingerprint for finding in told.new} & {finding.fingerprint for finding in before}


def test_a_renamed_file_other_words_and_other_rules() -> None:
    text = "def f():\n    call(1)\n"
    before = identified(spots(text), {"x.py": text})
    renamed = identified(
        [replace(one, path="y.py", message="other words") for one in spots(text)], {"y.py": text}
    )
    assert pushed(before, renamed).new == renamed
    told = pushed(before, renamed, {"y.py": "x.py"})
    assert (told.new, told.fixed) == ((), ())
    assert told.still[0].fingerprint == before[0].fingerprint
    assert told.still[0].path == "y.py"
    assert pushed(before, identified(spots(text, "R2"), {"x.py": text})).fixed == before


def test_a_secret_hides_its_line_from_everybody() -> None:
    text = "key = 'hunter2'\n"
    secret = Spotted("s", "tool", "key", Severity.HIGH, "m", "x.py", 1, secret=True)
    lint = Spotted("l", "tool", "long", Severity.LOW, "m", "x.py", 1)
    assert {one.evidence for one in identified([secret, lint], {"x.py": text})} == {""}


def test_lines_of_a_diff_and_what_stands_on_none() -> None:
    files, _ = changes(
        {"x.py": "a\nB\nc\nd\ne\nf\ng\nh\nI\n", "new.py": "1\n2\n"}, {"x.py": "a\nb\nc\nd\ne\nf\ng\nh\ni\n"}
    )
    by_path = {one.path: diff_lines(one) for one in files}
    assert by_path["x.py"].added == {2, 9}
    assert by_path["x.py"].shown >= {1, 2, 3, 8, 9}
    assert by_path["new.py"].added == {1, 2}
    assert not diff_lines(ChangedFile("big", "modified", 5, 5)).known
    text = "a\n" * 20

    def at(path: str, line: int | None) -> Finding:
        return identified([Spotted("t", "tool", "r", Severity.LOW, "m", path, line)], {path: text})[0]

    told = placed([at("x.py", 2), at("x.py", 50), at("x.py", None), at("gone.py", 1)], files)
    assert [one.line for one in told.inline] == [2]
    assert len(told.summary) == 3


@pytest.mark.parametrize(
    "text",
    ["", "https://github.com/a/b/pull/x", "https://evil.test/a/b/pull/1", "https://github.com.evil.test/a/b/pull/1",
     "https://github.com/a/../pull/1", "a/b#0", "a#1", "https://github.com/a/b/issues/1", "//[", "a/b#99999999999"],
)  # fmt: skip
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(UserError):
        PullId.read(text)


def test_addresses() -> None:
    expected = PullId(Repository("octo-org", "shop.js"), 12)
    for text in (
        "octo-org/shop.js#12",
        "https://github.com/octo-org/shop.js/pull/12/files#diff",
        "<https://github.com/octo-org/shop.js/pull/12>",
    ):
        assert PullId.read(text) == expected
    assert PullId.read("https://git.corp/ghe/o/r/pull/3", "https://git.corp/ghe") == PullId(
        Repository("o", "r"), 3
    )


@pytest.mark.slow
async def test_five_pushes_say_each_thing_once(host: LocalGitHub, repo: Repo, github: GitHubClient) -> None:
    bad = "import os\n\n\ndef run(x=[]):\n    return eval(x)\n"
    pull = host.world.open(repo, "Five pushes", {"shop/run.py": bad})
    steps: list[dict[str, str | bytes | None]] = [
        {"shop/run.py": "# moved\n\n" + bad},
        {"shop/run.py": "# moved\n\n" + bad.replace("import os\n", ""), "shop/two.py": "import sys\n"},
        {"shop/run.py": None, "shop/renamed.py": "# moved\n\n" + bad.replace("import os\n", "")},
        {"shop/renamed.py": "def run(x):\n    return x\n"},
    ]
    before, said, history = (), set[str](), list[tuple[int, int, int]]()
    for step in [None, *steps]:
        if step is not None:
            host.world.push(repo, pull, step)
        seen: PullRequest = await github.pull(PullId(Repository("octo-org", "shop"), 1))
        files = await github.changed(seen)
        texts = await github.texts(seen, files)
        with workspace(texts) as work:
            spotted = await ruff(work, ToolLimits(60))
        found = identified(spotted, {one.path: one.text or "" for one in texts})
        told = pushed(
            before, found, {"shop/renamed.py": "shop/run.py"} if step is steps[2] else renames(files)
        )
        assert not {one.fingerprint for one in told.new} & said
        said |= {one.fingerprint for one in told.new}
        there = placed(told.new, files)
        comments = tuple(InlineComment(one.path, one.line or 0, one.spotted.message) for one in there.inline)
        assert len(comments) == len(told.new)
        # The local GitHub refuses what stands on no line of the diff.
        await github.post_review(seen.id, NewReview("comment", seen.head, "What is new", comments), seen.head)
        history.append((len(told.new), len(told.still), len(told.fixed)))
        before = (*told.new, *told.still)
    assert history[1] == (0, history[0][0], 0)
    assert history[2][0] == 1
    assert history[2][2] == 1
    assert history[3] == (0, history[2][0] + history[2][1], 0)
    assert history[4] == (0, 1, history[3][1] - 1)
    assert len(pull.reviews) == 5
