"""What comes from a pull request or a model is data: in comments nothing of it acts, and of an answer only what fits counts."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.code_review import diffs, own_rules
from cogs.code_review.draft import drafted
from cogs.code_review.opinions import Remark, as_findings, sifted
from cogs.code_review.questions import cited
from cogs.code_review.wording import for_github, prose
from cogswarm.review import Finding, Kept, Severity, Spotted, identified
from tests.bot.review.changes import changes

BEFORE = {"a.py": "x = 1\n"}
AFTER = {"a.py": "x = 1\ny = eval('2')\nz = 3\n"}


def remark(**more: object) -> dict[str, Any]:
    said = {
        "path": "a.py",
        "line": 2,
        "kind": "bug",
        "severity": "high",
        "confidence": 90,
        "message": "Wrong.",
    }
    return {**said, **more}


@given(st.text(alphabet=st.sampled_from(list("ab @#1:/`[]()<>!*_~|\\\n\u202e\u200b.w")), max_size=60))
def test_nothing_acts_in_a_comment(text: str) -> None:
    said = for_github(text)
    inert = re.sub(r"\\.", "·", said)  # what stands behind a backslash
    outside = re.sub(r"`[^`]+`", "·", inert)
    assert "\n" not in said
    assert "\u202e" not in said
    for live in ("@a", "@b", "#1", "://", "www."):
        assert live not in outside
    assert not any(one in outside for one in "[<!`|")
    assert "\n" not in prose(text, 50)


def test_code_stays_code_and_names_stay_names() -> None:
    assert for_github("`os` imported but unused in my_module") == "`os` imported but unused in my_module"
    assert prose("`os` is *unused*", 100) == "`os` is \\*unused\\*"
    assert (
        cited("Here [1], there [7] and http://evil.test", {"1": "a.py"})
        == "Here (`a.py`), there and evil.test"
    )


OTHER_FORMS: list[Any] = [
    None, {}, {"remarks": "no"}, {"remarks": [remark(confidence="90")]}, {"remarks": [remark(run="rm -rf /")]},
    {"remarks": [remark(kind="approve")]}, {"remarks": [{}]},
]  # fmt: skip


@pytest.mark.parametrize("data", OTHER_FORMS)
def test_an_answer_of_another_form_says_nothing(data: object) -> None:
    files, _ = changes(AFTER, BEFORE)
    said = sifted(data, files, confidence=80, most=8)
    assert said.remarks == ()
    assert said.why


def test_of_an_answer_counts_what_is_sure_and_on_the_diff_the_worst_first() -> None:
    files, _ = changes(AFTER, BEFORE)
    answers = [
        remark(severity="low"), remark(line=3, confidence=99), remark(line=50), remark(path="../etc/passwd"),
        remark(confidence=79), remark(line=3, severity="note"),
    ]  # fmt: skip
    said = sifted({"remarks": answers}, files, confidence=80, most=2)
    assert [(one.line, one.severity) for one in said.remarks] == [(3, "high"), (2, "low")]
    assert said.dropped == 4


def test_an_opinion_is_over_when_its_code_is_gone_and_not_when_the_model_is_silent() -> None:
    looked_at = frozenset({"a.py"})
    first = as_findings([Remark.model_validate(remark())], [], AFTER, looked_at)
    moved = {"a.py": f"# above\n\n{AFTER['a.py']}"}
    held = as_findings([], first, moved, looked_at)
    assert [(one.fingerprint, one.line) for one in held] == [(first[0].fingerprint, 4)]
    again = as_findings([Remark.model_validate(remark(line=4, kind="security"))], held, moved, looked_at)
    assert [one.fingerprint for one in again] == [first[0].fingerprint]
    assert as_findings([], first, {"a.py": "x = 1\n"}, looked_at) == ()
    assert as_findings([], first, {}, frozenset()) == first


def test_rules_are_read_strictly_and_a_broken_file_is_left_out_with_its_reason() -> None:
    read = own_rules.read(
        'ignore = ["docs/*"]\nguidelines = "A"\n[[paths]]\nmatch = "src/*"\nguidelines = "B"\n'
    )
    assert read.problem == ""
    assert read.rules.told(["src/a.py"]) == "A\nFor src/*: B"
    assert read.rules.told(["b.py"]) == "A"
    for broken in ("ignore = [", "ignore = 7", "confidence = 101", "token = 'x'"):
        assert own_rules.read(broken).problem
        assert own_rules.read(broken).rules == own_rules.OwnRules()


def test_diffs_are_numbered_as_the_file_is_afterwards_and_bounded() -> None:
    files, _ = changes({"a.py": "a\nb\nc\nnew\nd\n", "big.py": "x\n" * 90_000}, {"a.py": "a\nold\nb\nc\nd\n"})
    given = diffs.shown(diffs.bounded(files))
    assert [one.title for one in given.passages] == ["a.py"]
    assert given.left_out == ("big.py",)
    text = given.passages[0].text
    assert "    4 +new" in text
    assert "      -old" in text
    assert "    5  d" in text
    assert diffs.bounded(files, ["*.py"]) == []


def _found(
    number: int, *, line: int | None, path: str = "a.py", posted: bool = False, quiet: bool = False
) -> Kept:
    spotted = Spotted("ruff", "tool", f"R{number}", Severity.LOW, "Say @everyone", path, line)
    finding: Finding = identified([spotted], AFTER)[0]
    return Kept("lint", finding, posted, quiet)


def test_a_draft_tells_once_and_on_lines_of_the_diff() -> None:
    files, _ = changes(AFTER, BEFORE)
    kept = [
        _found(1, line=2), _found(2, line=40), _found(3, line=None), _found(4, line=3, posted=True), _found(5, line=3, quiet=True),
    ]  # fmt: skip
    draft = drafted("c" * 40, kept, files, fixed=2)
    assert [(one.path, one.line) for one in draft.comments] == [("a.py", 2)]
    assert {one.finding.spotted.rule for one in kept if one.finding.fingerprint in draft.fingerprints} == {
        "R1",
        "R2",
        "R3",
    }
    assert "4 findings" in draft.body
    assert "Fixed since the review before: 2." in draft.body
    assert all(part in draft.body for part in ("R2", "R3"))
    assert not any(part in draft.body for part in ("R4", "R5", "@everyone"))
    assert all(one.body in draft.text for one in draft.comments)
    other = drafted("d" * 40, kept, files, fixed=2)
    assert other.digest != draft.digest
