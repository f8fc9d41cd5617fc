"""What Discord does not render is turned into what it does, and nothing else is touched."""

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bot.discord.shown_markdown import WIDEST, as_discord_shows


@pytest.mark.parametrize(
    "text",
    [
        "Just a sentence.",
        "# One\n## Two\n### Three",
        "- a\n- b\n  - c\n\n1. x\n2. y",
        "> quoted\n> more",
        "```python\n| a | b |\n| - | - |\n#### not a heading\n$x^2$\n```",
        "A `| code | span |` and `$x^2$` stay.",
        "It costs $5 today and $7 tomorrow.",
        "[a link](<https://example.org>) and **bold**",
        "    indented | code\n",
        "",
        "snake_case_name = $HOME/bin",
    ],
)
def test_what_discord_renders_is_left_as_it_was(text: str) -> None:
    assert as_discord_shows(text) == text


def test_a_narrow_table_is_a_code_block_in_columns() -> None:
    table = "| Tool | Speed |\n| --- | ---: |\n| **ruff** | fast |\n| 字字 | `slow` |"
    assert as_discord_shows(table) == "```\nTool  Speed\n----  -----\nruff  fast\n字字  slow\n```"


def test_a_wide_table_is_a_list() -> None:
    table = f"| Tool | What it does | |\n| --- | --- | --- |\n| ruff | {'checks ' * 8} | yes |\n| | empty first | no |"
    assert as_discord_shows(table) == (
        f"- **ruff** · What it does: {('checks ' * 8).strip()}; yes\n- What it does: empty first; no"
    )


def test_links_in_a_table_stay_links() -> None:
    table = "| Paper | By |\n| - | - |\n| [One](https://e.org) | Ada |"
    assert as_discord_shows(table) == "- [One](https://e.org) · By: Ada"


def test_a_table_with_text_around_it() -> None:
    text = "Before.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\nAfter."
    assert as_discord_shows(text) == "Before.\n\n```\na  b\n-  -\n1  2\n```\n\nAfter."


def test_deep_headings_are_bold() -> None:
    assert as_discord_shows("#### Deep **one**\ntext\n###### Deeper") == "**Deep one**\ntext\n**Deeper**"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"So \(x^2\) grows", "So `x^2` grows"),
        ("So $x^2$ grows", "So `x^2` grows"),
        ("$$\n\\sum_{i} x_i\n$$", r"`\sum_{i} x_i`"),
        (r"\[ a = b \]", "`a = b`"),
        ("between $5 and $x_1$", "between $5 and `x_1`"),
        ("![a chart](https://e.org/c.png)", "[a chart](<https://e.org/c.png>)"),
        ("![](https://e.org/c.png)", "[picture](<https://e.org/c.png>)"),
    ],
)
def test_formulas_are_code_and_pictures_links(text: str, shown: str) -> None:
    assert as_discord_shows(text) == shown


CELLS = st.text(alphabet="ab字 é1", min_size=1, max_size=30).map(str.strip).filter(bool)


@given(
    st.integers(1, 5).flatmap(
        lambda columns: st.lists(st.lists(CELLS, min_size=columns, max_size=columns), min_size=1, max_size=6)
    )
)
def test_no_table_is_left_and_no_word_is_lost(rows: list[list[str]]) -> None:
    heading, *body = rows
    lines = [" | ".join(["", *row, ""]).strip() for row in (heading, ["---"] * len(heading), *body)]
    shown = as_discord_shows("\n".join(lines))
    words = {word for row in body for cell in row for word in re.findall(r"\w+", cell)}
    assert words <= set(re.findall(r"\w+", shown))
    assert "| ---" not in shown
    if shown.startswith("```"):
        assert all(len(line) <= WIDEST for line in shown.split("\n"))


LINES = st.sampled_from(
    [
        "| a | b |",
        "| - | - |",
        "```",
        "text $x$",
        "#### h",
        "> | a |",
        "- item",
        "",
        "    code",
        "***",
        "$$",
        "\\[",
    ]
)


@given(st.lists(st.one_of(LINES, st.text(alphabet="abc字1 |$.-#>", max_size=60)), max_size=25).map("\n".join))
def test_no_word_of_any_text_is_lost(text: str) -> None:
    assert set(re.findall(r"\w+", text)) <= set(re.findall(r"\w+", as_discord_shows(text)))


@given(st.text(max_size=400))
def test_any_text_is_taken(text: str) -> None:
    assert as_discord_shows(text).strip() or not text.strip()
