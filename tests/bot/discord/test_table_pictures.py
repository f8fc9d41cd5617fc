"""A wide table becomes a picture that says in words what it shows; where that cannot be, a list."""

import builtins
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest

from bot.discord import table_pictures
from bot.discord.rendering import FILES, bodies
from bot.discord.table_pictures import Fonts, drawn, fonts
from bot.work.surface import Embed, File, Place, Say, Speaker
from tests.bot.discord.conftest import Harbour

pytest.importorskip("PIL", reason="the extra `pictures` is not installed")
from PIL import Image

HEAD = ["City", "Country", "Inhabitants", "Founded", "Known for"]
ROWS = [
    HEAD,
    ["Łódź", "Poland", "670,642", "1332", "textile mills and a film school"],
    ["Αθήνα", "Greece", "643,452", "3000 BC", "the Acropolis"],
    ["Kyiv", "Ukraine", "2,952,301", "482", "golden domes"],
]
LATIN = fonts(())
"""Only the font that Pillow brings."""


def markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def test_a_wide_table_is_a_picture_with_all_of_it_in_words() -> None:
    (only,) = bodies(Say("Before\n\n" + markdown(ROWS) + "\n\nAfter"))
    (picture,) = only.files
    assert picture.name == "table-1.png"
    assert all(cell in picture.alt for row in ROWS for cell in row)
    assert only.body["content"] == "Before\n\n-# This table is in the picture table-1.png.\n\nAfter"
    image = Image.open(BytesIO(picture.content))
    assert image.format == "PNG"
    assert 400 < image.width < 2_000
    assert len(set(image.convert("L").tobytes())) > 10, "something is written in it"


def test_each_picture_stands_with_the_text_that_it_is_of() -> None:
    text = markdown(ROWS) + "\n\n" + "word " * 500 + "\n\n" + markdown(ROWS)
    messages = bodies(Say(text, files=(File("a.txt", b"x"),), embeds=(Embed("Card"),)))
    assert [[file.name for file in one.files] for one in messages] == [
        ["table-1.png"],
        ["table-2.png"],
        ["a.txt"],
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [row[:2] for row in ROWS],
        ROWS[:3],
        [*ROWS, ["[link](https://example.org)", *HEAD[1:]]],
        [*ROWS, ["x " * 600, *HEAD[1:]]],
        [*ROWS, ["\U0010fffd", *HEAD[1:]]],
        ROWS * 20,
    ],
)
def test_what_no_picture_shows_well_is_a_list(rows: list[list[str]]) -> None:
    text = markdown(rows)
    (first, *_) = bodies(Say(text))
    assert not any(file.name.endswith(".png") for file in first.files)
    assert "Łódź" in first.body["content"]


def test_a_character_that_no_font_has_is_not_drawn_as_a_box() -> None:
    assert drawn([["a", "b", "c"]] * 5, "t.png", using=LATIN) is not None
    assert drawn([["a", "b", "漢"]] * 5, "t.png", using=LATIN) is None
    assert drawn([["a", "b", "c"]] * 5, "t.png", using=Fonts(())) is None


def test_the_first_font_that_has_a_character_draws_it() -> None:
    both = Fonts((*LATIN.fonts, *fonts().fonts))
    runs = list(both.runs("abc Αθήνα abc"))
    assert "".join(piece for piece, _ in runs) == "abc Αθήνα abc"
    assert both.width("abc") < both.width("abc abc")


def test_without_the_extra_there_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.startswith("PIL"):
            raise ModuleNotFoundError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(table_pictures, "can_draw", lambda: False)
    (only,) = bodies(Say(markdown(ROWS)))
    assert not only.files
    assert "- **Kyiv** · Country: Ukraine" in only.body["content"]


def test_where_there_is_no_room_for_a_picture_there_is_a_list() -> None:
    files = tuple(File(f"{number}.txt", b"x") for number in range(FILES))
    (only,) = bodies(Say(markdown(ROWS), files=files))
    assert len(only.files) == FILES
    assert "Kyiv" in only.body["content"]


async def test_a_picture_reaches_discord_with_its_words(harbour: Harbour) -> None:
    say = Say(markdown(ROWS), Speaker("Researcher"))
    async with harbour.database.transaction() as conn:
        (row,) = await harbour.surface.post(conn, "k", Place(channel_id=harbour.channel), say)
    async with harbour.delivering():
        await harbour.settled()
        async with harbour.database.transaction() as conn:
            await harbour.surface.replace(
                conn, "r", row, Say("Now: \n\n" + markdown(ROWS), Speaker("Researcher"))
            )
        await harbour.settled()
    first, second = await harbour.messages()
    assert "Kyiv | Ukraine" in first["attachments"][0]["description"]
    assert second["attachments"][0]["filename"] == "table-1.png"
