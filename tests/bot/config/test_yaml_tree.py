import json
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.config.yaml_tree import MOST_BYTES, read_yaml
from bot.errors import ConfigError

FILE = Path("config.yaml")

trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**18), max_value=10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def refusal(raw: bytes) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_yaml(raw, FILE)
    return caught.value


def problems(text: str) -> list[str]:
    return [str(problem) for problem in read_yaml(text.encode(), FILE).problems]


@given(trees)
def test_what_json_writes_is_read_back_the_same(tree: object) -> None:
    document = read_yaml(json.dumps(tree, ensure_ascii=True).encode(), FILE)
    assert document.tree == tree
    assert not document.problems


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_sentence(raw: bytes) -> None:
    try:
        document = read_yaml(raw, FILE)
    except ConfigError as error:
        assert str(error).endswith((".", "?"))  # noqa: PT017 - both outcomes are right
    else:
        for place, mark in document.marks.items():
            assert 1 <= mark.key <= mark.value <= len(raw) + 1, place


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("on", "on"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-7", -7),
        ("true", True),
        ("~", None),
        ("", None),
        ('"5"', "5"),
        ("'null'", "null"),
        ("9" * 5000, "9" * 5000),
        ("123456789012345678", 123456789012345678),
        ("${A:b}", "${A:b}"),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    assert read_yaml(f"key: {written}\n".encode(), FILE).tree == {"key": meant}


def test_every_value_has_the_line_of_its_key_and_of_itself() -> None:
    document = read_yaml(b"a: 1\nb:\n  c:\n    - x\n    - y\n  d: >\n    text\n", FILE)
    assert document.line_of(("a",)) == 1
    assert document.line_of(("b", "c"), key=True) == 3
    assert document.line_of(("b", "c", 1)) == 5
    assert document.line_of(("b", "d"), key=True) == 6
    assert document.line_of(("b", "missing", "deeper"), key=True) == 2


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\n\tb: 2\n", 2, "spaces only"),
        ("a: b: c\n", 1, "colon"),
        ("a: [1, 2\nb: 3\n", 2, "]"),
        ("a: {x: 1\nb: 3\n", 2, "}"),
        ('a: "open\nb: 1\n', 3, "not closed"),
        ("a: 1\n b: 2\n", 2, "colon"),
        ("a:\n  - 1\n b: 2\n", 3, "indentation"),
        ("a: %x\n", 1, "quotes"),
        ("a: @x\n", 1, "quotes"),
        ("a: `x`\n", 1, "quotes"),
        ("a: 1\n---\nb: 2\n", 2, "---"),
        ("a: 1\nb: \x07\n", 2, "character"),
        ("a: 1\njust words\n", 3, "colon"),
        ("? [a, b]\n: 1\n", 1, "plain word"),
        ("a: *nowhere\n", 1, "not understood"),
    ],
)
def test_broken_yaml_is_one_sentence_with_its_line(text: str, line: int, part: str) -> None:
    try:
        found = read_yaml(text.encode(), FILE).problems
    except ConfigError as error:
        found = [error]
    assert [problem.line for problem in found] == [line], found
    assert part in str(found[0])
    assert str(found[0]).startswith(f"config.yaml:{line}: ")


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    (problem,) = problems("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    assert problem.startswith("config.yaml:5: `b.c`")
    assert "line 3" in problem


def test_tags_anchors_aliases_and_merges_are_refused_each_in_its_line() -> None:
    text = "a: &x {k: 1}\nb: *x\nc: !!python/object/apply:os.system [id]\nd:\n  <<: {e: 1}\n"
    found = problems(text)
    assert [problem.split(":")[1] for problem in found] == ["1", "2", "3", "5"]


def test_a_small_file_cannot_become_a_huge_one() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
    )
    assert len(str(yaml.safe_load("a: &a [x, x]\nb: [*a, *a]\n"))) > 0  # the ordinary reader does expand them
    document = read_yaml(bomb.encode(), FILE)
    assert len(document.problems) > 29
    assert len(document.marks) < 400


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b"a: " + b"{b: " * 5000, b"- " * 50_000, b"a:\n- x\n" + b"- x\n" * 30_000]
)
def test_deep_and_wide_files_are_refused_quickly(raw: bytes) -> None:
    assert "more than a configuration can hold" in str(refusal(raw))


def test_a_file_that_is_too_large_or_no_text_is_refused() -> None:
    assert "larger than" in str(refusal(b"a" * (MOST_BYTES + 1)))
    error = refusal(b"a: 1\nb: \xff\n")
    assert error.line == 2
    assert "UTF-8" in str(error)


def test_half_a_character_is_refused_and_a_pair_is_joined() -> None:
    assert read_yaml(b'a: "\\ud83d\\ude00"\n', FILE).tree == {"a": "\U0001f600"}
    (problem,) = problems('a: 1\nb: "\\ud83d"\n')
    assert problem.startswith("config.yaml:2: ")


def test_numbers_that_are_no_numbers_stay_text() -> None:
    tree = read_yaml(b"a: .nan\nb: .inf\nc: 1e999\n", FILE).tree
    assert isinstance(tree, dict)
    assert tree["a"] == ".nan"
    assert tree["b"] == ".inf"
    assert isinstance(tree["c"], float)
    assert math.isinf(tree["c"])
