"""Components of messages: what Discord takes, completes and refuses, in the old layout and the new."""

from typing import Any

import pytest

from bot.local_discord.model import Channel
from tests.bot.local_discord.asking import Api

type Json = dict[str, Any]

V2 = 1 << 15


def button(**more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "x", "custom_id": "a", **more}


def row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


def select(**more: Any) -> Json:
    return {"type": 3, "custom_id": "s", "options": [{"label": "A", "value": "a"}], **more}


def words(text: str = "t", **more: Any) -> Json:
    return {"type": 10, "content": text, **more}


def box(*components: Json) -> Json:
    return {"type": 17, "components": list(components)}


@pytest.fixture
def path(research: Channel) -> str:
    return f"/channels/{research.id}/messages"


async def test_what_is_left_out_is_completed(bot_api: Api, path: str) -> None:
    emoji = {"name": "👍"}
    components = [
        row(button(emoji=emoji), {"type": 2, "style": 5, "url": "https://example.org", "emoji": emoji}),
        row(select(options=[{"label": "A", "value": "a", "emoji": emoji, "default": True}])),
        row({"type": 5, "custom_id": "u", "default_values": [{"type": "user", "id": "1"}], "id": 2}),
    ]
    sent = await bot_api.ok("POST", path, {"components": components})
    first, second, third = sent["components"]
    # ids that are given are not given again
    assert [first["id"], first["components"][0]["id"], first["components"][1]["id"]] == [1, 3, 4]
    assert third["components"][0]["id"] == 2
    assert first["components"][0]["disabled"] is False
    assert second["components"][0]["options"][0]["emoji"] == emoji
    assert (second["components"][0]["min_values"], second["components"][0]["max_values"]) == (1, 1)
    assert third["components"][0]["default_values"] == [{"type": "user", "id": "1"}]


WRONG: list[tuple[list[Json], str]] = [
    ([row(button(), button())], "COMPONENT_CUSTOM_ID_DUPLICATED"),
    ([row(button(id=5), button(id=5, custom_id="b"))], "COMPONENT_ID_DUPLICATED"),
    ([row(*[button(custom_id=str(i)) for i in range(6)])], "BASE_TYPE_BAD_LENGTH"),
    ([row(button(custom_id=str(i))) for i in range(6)], "BASE_TYPE_MAX_LENGTH"),
    ([row()], "BASE_TYPE_BAD_LENGTH"),
    ([row(button(), select())], "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    ([button()], "BASE_TYPE_CHOICES"),
    ([words()], "BASE_TYPE_CHOICES"),
    ([row(button(custom_id=None))], "BASE_TYPE_REQUIRED"),
    ([row(button(custom_id="x" * 101))], "BASE_TYPE_BAD_LENGTH"),
    ([row(button(label="x" * 81))], "BASE_TYPE_MAX_LENGTH"),
    ([row(button(label=""))], "BUTTON_COMPONENT_LABEL_REQUIRED"),
    ([row(button(style=9))], "BASE_TYPE_CHOICES"),
    ([row(button(style=5, custom_id=None))], "BASE_TYPE_REQUIRED"),
    ([row(button(style=5, url="ftp://x", custom_id=None))], "URL_TYPE_INVALID_SCHEME"),
    ([row(button(style=5, url="https://x"))], "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"),
    ([row(button(url="https://x"))], "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"),
    ([row(button(emoji={"name": "smile"}))], "COMPONENT_INVALID_EMOJI"),
    ([row(select(options=[]))], "BASE_TYPE_BAD_LENGTH"),
    (
        [row(select(options=[{"label": "A", "value": "a"}] * 2))],
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    ([row(select(min_values=2))], "COMPONENT_MIN_VALUES_EXCEED_MAX_VALUES"),
    ([row(select(max_values=26))], "NUMBER_TYPE_MAX"),
    ([row(select(placeholder="x" * 151))], "BASE_TYPE_MAX_LENGTH"),
    ([row(select(type=6, default_values=[{"type": "user", "id": "1"}]))], "BASE_TYPE_CHOICES"),
    ([row(select(type=8, channel_types=[99]))], "BASE_TYPE_CHOICES"),
    ([row({"type": 4, "custom_id": "t", "style": 1, "label": "x"})], "BASE_TYPE_CHOICES"),
]


async def test_wrong_components(bot_api: Api, path: str) -> None:
    for components, code in WRONG:
        given, answer = await bot_api.refused("POST", path, {"content": "c", "components": components})
        assert given == 50035
        assert f"'code': '{code}'" in str(answer["errors"]["components"]), components
    assert await bot_api.ok("GET", path) == []


async def test_a_layout(bot_api: Api, path: str) -> None:
    section = {"type": 9, "components": [words()], "accessory": button()}
    container = {
        "type": 17,
        "accent_color": 255,
        "components": [section, {"type": 14, "spacing": 2}, row(select()), words("end")],
    }
    gallery = {"type": 12, "items": [{"media": {"url": "https://example.org/a.png"}}]}
    body = {"flags": V2, "components": [words("# Title"), container, gallery]}
    sent = await bot_api.ok("POST", path, body)
    assert (sent["flags"] & V2, sent["content"]) == (V2, "")
    inner = sent["components"][1]["components"]
    assert (inner[0]["accessory"]["custom_id"], inner[1]["divider"]) == ("a", True)
    edited = await bot_api.ok("PATCH", f"{path}/{sent['id']}", {"components": [words("new")]})
    assert edited["components"][0]["content"] == "new"
    assert (await bot_api.refused("PATCH", f"{path}/{sent['id']}", {"content": "x"}))[0] == 50035


WRONG_LAYOUTS: list[tuple[Json, str, str]] = [
    (
        {"content": "x", "components": [words()]},
        "content",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    ({"components": [words() for _ in range(41)]}, "components", "BASE_TYPE_MAX_LENGTH"),
    ({"components": [box(*[words() for _ in range(40)])]}, "components", "BASE_TYPE_MAX_LENGTH"),
    (
        {"components": [words("x" * 2001), words("x" * 2000)]},
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
    ({"components": [words("")]}, "components", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [{"type": 9, "components": [words()]}]}, "components", "BASE_TYPE_REQUIRED"),
    ({"components": [box()]}, "components", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [box(box(words()))]}, "components", "BASE_TYPE_CHOICES"),
    (
        {"components": [{"type": 13, "file": {"url": "https://example.org/a"}}]},
        "components",
        "URL_TYPE_INVALID_SCHEME",
    ),
]


async def test_wrong_layouts(bot_api: Api, path: str) -> None:
    for body, where, code in WRONG_LAYOUTS:
        given, answer = await bot_api.refused("POST", path, {"flags": V2, **body})
        assert given == 50035
        assert f"'code': '{code}'" in str(answer["errors"][where]), body
