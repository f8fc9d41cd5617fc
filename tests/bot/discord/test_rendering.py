"""What work says fits into Discord's messages, whatever it is, and says what is in its files."""

import random
import re

import pytest

from bot.discord.chunking import LIMIT, length
from bot.discord.rendering import (
    FILE_BYTES,
    MOST_CHUNKS,
    SUPPRESS_NOTIFICATIONS,
    as_agent,
    bodies,
    edit_body,
    identity_of,
)
from bot.discord.shown_markdown import as_discord_shows
from bot.errors import ConfigError
from bot.work.surface import Button, File, Say, Speaker
from tests.sizes import size

DOCUMENTS = size("AC-P3 documents", small=30, stated=500)
LONGEST = 50_000
_BLOCKS = (
    "word " * 40 + "\n",
    "```python\nprint('x' * 30)\n```\n",
    "```\n" + "code line\n" * 90 + "```\n",
    "~~~\nnever closed\n",
    "| a | b |\n|---|---|\n| 1 | two |\n| three | [four](https://example.org/4) |\n\n",
    "| wide | " + "very wide heading " * 3 + "|\n|---|---|\n| " + "cell " * 20 + "| x |\n\n",
    "漢字かな交じり文。" * 60 + "\n",
    "👩‍👩‍👧‍👦🏽🏳️‍🌈" * 50 + "\n",
    "#### Deep heading\n\n",
    "- item\n  - inner item with [a link](<https://example.org/" + "y" * 300 + ">)\n",
    "> quoted\n> more\n\n",
    "$$\\sum_{i=0}^n x_i$$\n\n",
    "x" * 700 + "\n",
    "\n\n\n",
    "`` ` `` and ** unbalanced __ marks ~~ ||\n",
)


def document(chance: random.Random) -> str:
    wanted, text = chance.randint(0, LONGEST), ""
    while len(text) < wanted:
        text += chance.choice(_BLOCKS)
    return text[:wanted]


def is_balanced(piece: str) -> bool:
    inside = ""
    for line in piece.split("\n"):
        match = re.match(r"^\s{0,3}(`{3,12}|~{3,12})([^\n`]*)$", line)
        if match and not inside:
            inside = match[1]
        elif match and match[1].startswith(inside) and not match[2].strip():
            inside = ""
    return not inside


def essence(text: str) -> str:
    return re.sub(r"\s|```+[^\n`]*|~~~+[^\n`]*|[|>]", "", text)


def test_any_document_becomes_messages_that_fit_and_lose_nothing() -> None:
    chance = random.Random(4)  # noqa: S311 - the same documents each time
    for number in range(DOCUMENTS):
        text = document(chance)
        speaker = Speaker("A" * chance.randint(1, 90)) if number % 2 else None
        name = (identity_of(speaker) or {"name": ""})["name"]
        contents = [one.body["content"] for one in bodies(Say(text, speaker), most_chunks=1_000)]
        for content in contents:
            shown = as_agent({"content": content}, name)["content"] if speaker else content
            assert 0 < length(shown) <= LIMIT
            assert is_balanced(content)
        if text.strip():
            assert essence("\n".join(contents)) == essence(as_discord_shows(text))
        as_file = bodies(Say(text, speaker))
        assert len(as_file) <= MOST_CHUNKS
        assert len(contents) <= MOST_CHUNKS or as_file[0].files[0].content.decode() == text
        assert all(
            length(one.body["content"]) <= LIMIT and is_balanced(one.body["content"]) for one in as_file
        )


def test_progress_makes_no_sound() -> None:
    (quiet,) = bodies(Say("working", urgency="progress"))
    (loud,) = bodies(Say("done"))
    assert quiet.body["flags"] & SUPPRESS_NOTIFICATIONS
    assert not loud.body["flags"] & SUPPRESS_NOTIFICATIONS


def test_a_picture_without_words_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"chart\.PNG needs a text"):
        bodies(Say("see", files=(File("chart.PNG", b"x", alt="  "),)))


@pytest.mark.parametrize(
    "files",
    [
        (File("big.txt", b"x" * (FILE_BYTES + 1)),),
        tuple(File(f"{number}.txt", b"x") for number in range(11)),
        tuple(File(f"{number}.txt", b"x" * FILE_BYTES) for number in range(3)),
    ],
)
def test_files_that_discord_does_not_take_are_refused_before_they_are_sent(
    files: tuple[File, ...],
) -> None:
    with pytest.raises(ConfigError):
        bodies(Say("see", files=files))


@pytest.mark.parametrize("name", ["", "..", "/", "a/b/../../.bashrc", "n" * 500])
def test_a_files_name_is_only_a_name(name: str) -> None:
    (body,) = bodies(Say("see", files=(File(name, b"x"),)))
    assert 0 < len(body.files[0].name) <= 200
    assert "/" not in body.files[0].name


def test_an_edit_says_what_the_message_would_and_names_only_who_is_meant() -> None:
    say = Say("#### Hello <@5> @everyone", buttons=(Button("Go", "v1:a:b:c"),), mentions=(5,))
    body = edit_body(say)
    assert body["content"] == "**Hello <@5> @everyone**"
    assert body["allowed_mentions"] == {"parse": [], "users": ["5"], "replied_user": False}
    assert len(body["components"]) == 1
