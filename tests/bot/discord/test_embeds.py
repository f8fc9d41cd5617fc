"""Cards fit whatever is in them, nothing of them is lost, and they show what they should."""

import re
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from bot.discord.chunking import length
from bot.discord.embeds import ALL, CARDS, cards
from bot.discord.previews import without_previews
from bot.discord.rendering import SUPPRESS_EMBEDS, as_agent, bodies, edit_body
from bot.errors import ConfigError
from bot.work.surface import Button, Choice, Embed, EmbedField, File, Place, Say, Select, Speaker
from tests.bot.discord.conftest import Harbour

LENGTHS = st.integers(0, 5_000)
FIELDS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 1_100), st.booleans()), max_size=30)
SPECS = st.tuples(
    LENGTHS, LENGTHS, FIELDS, st.integers(0, 2_048), st.integers(0, 300), st.none() | st.just(0xFF)
)
"""Lengths of texts, which are quicker made (and shown) than the texts."""
type Spec = tuple[int, int, list[tuple[int, int, bool]], int, int, int | None]


def words(length: int) -> str:
    return ("abc déf 漢👍 \n" * (length // 10 + 1))[:length]


def embed_of(spec: Spec) -> Embed:
    title, text, fields, footer, author, colour = spec
    return Embed(
        title=words(title),
        text=words(text),
        url="https://example.org/",
        colour=colour,
        fields=tuple(EmbedField(words(name), words(value), inline=inline) for name, value, inline in fields),
        footer=words(footer // 2),
        author=words(author),
    )


PICTURE = File("chart.png", b"\x89PNG", alt="Bees by month")
LIMITS = {"title": 256, "description": 4096}


def fits(card: dict[str, Any]) -> bool:
    inner = [(card.get("footer", {}).get("text", ""), 2048), (card.get("author", {}).get("name", ""), 256)]
    inner += [(card.get(name, ""), most) for name, most in LIMITS.items()]
    inner += [pair for one in card.get("fields", []) for pair in ((one["name"], 256), (one["value"], 1024))]
    named = all(one["name"].strip() and one["value"].strip() for one in card.get("fields", []))
    return named and len(card.get("fields", [])) <= 25 and all(length(text) <= most for text, most in inner)


def characters(card: dict[str, Any]) -> int:
    texts = [card.get(name, "") for name in LIMITS]
    texts += [card.get("footer", {}).get("text", ""), card.get("author", {}).get("name", "")]
    texts += [text for one in card.get("fields", []) for text in (one["name"], one["value"])]
    return sum(map(length, texts))


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


@settings(max_examples=40)
@given(st.lists(SPECS, max_size=4))
def test_any_cards_fit_and_their_texts_are_there_in_order(specs: list[Spec]) -> None:
    embeds = [embed_of(spec) for spec in specs]
    groups = cards(embeds)
    for group in groups:
        assert 0 < len(group.embeds) <= CARDS
        assert sum(map(characters, group.embeds)) <= ALL
        assert all(fits(card) for card in group.embeds)
    shown = [card for group in groups for card in group.embeds]
    assert bare("".join(card.get("description", "") for card in shown)) == bare(
        "".join(one.text for one in embeds)
    )
    values = "".join(one["value"] for card in shown for one in card.get("fields", []))
    assert bare(values) == bare("".join(one.value for embed in embeds for one in embed.fields))
    footers = [bare(card["footer"]["text"]) for card in shown if "footer" in card]
    assert footers == [bare(one.footer) for one in embeds if one.footer.strip()]


def test_a_card_is_shown_although_previews_are_not() -> None:
    text = "See https://example.org/a, [this](https://example.org/b) and `https://example.org/c`."
    (plain,) = bodies(Say(text))
    (carded,) = bodies(Say(text, embeds=(Embed("Card"),)))
    (previewed,) = bodies(Say(text, previews=True))
    assert plain.body["flags"] & SUPPRESS_EMBEDS
    assert not carded.body["flags"] & SUPPRESS_EMBEDS
    assert not previewed.body["flags"] & SUPPRESS_EMBEDS
    assert (plain.body["content"], previewed.body["content"]) == (text, text)
    assert carded.body["content"] == (
        "See <https://example.org/a>, [this](<https://example.org/b>) and `https://example.org/c`."
    )


@given(
    st.lists(
        st.sampled_from(
            ["https://a.example/x", "<https://b.example/>", "[c](<https://c.example/>)", "||", " ", "("]
        )
    )
)
def test_links_are_quieted_once(parts: list[str]) -> None:
    quiet = without_previews(" ".join(parts))
    assert without_previews(quiet) == quiet
    assert quiet.count("https://") == quiet.count("<https://")


def test_files_go_with_the_card_that_shows_them_and_the_rest_with_the_last() -> None:
    long = tuple(
        Embed(text=f"{number} " + "word " * 800, image="chart.png" * (number == 1)) for number in range(4)
    )
    say = Say("See", files=(File("a.txt", b"x"), PICTURE), embeds=long, buttons=(Button("Go", "v1:a:b:c"),))
    messages = bodies(say)
    assert [[file.name for file in one.files] for one in messages] == [[], ["chart.png"], [], ["a.txt"]]
    assert messages[1].body["embeds"][0]["image"] == {"url": "attachment://chart.png"}
    assert [one.body["content"] for one in messages] == ["See", "", "", ""]
    assert ["components" in one.body for one in messages] == [False, False, False, True]


def test_more_cards_than_messages_go_as_a_file() -> None:
    embeds = tuple(Embed(f"Card {number}", "word " * 1_000) for number in range(5))
    messages = bodies(Say("", embeds=embeds), most_chunks=2)
    assert len(messages) == 3
    whole = messages[-1].files[0].content.decode()
    assert all(f"## Card {number}" in whole for number in range(5))


def test_a_card_without_a_webhook_has_the_agents_name_above_it() -> None:
    (only,) = bodies(Say("", Speaker("Ada"), embeds=(Embed("Card"),)))
    assert only.body["content"] == ""
    assert as_agent(only.body, "Ada")["content"].startswith("**Ada**")


def test_an_edit_shows_its_cards_and_takes_back_those_before() -> None:
    assert edit_body(Say("now", embeds=(Embed("Card"),)))["embeds"] == [{"title": "Card"}]
    assert edit_body(Say("now"))["embeds"] == []


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (Say("", embeds=(Embed("x", image="chart.png"),)), "not among"),
        (
            Say("", embeds=(Embed("x", image="a b.png"),), files=(File("a b.png", b"", alt="x"),)),
            "letters, digits",
        ),
        (Say("", embeds=(Embed("x", image="a.svg"),), files=(File("a.svg", b"", alt="x"),)), "png, jpg"),
        (Say("", embeds=(Embed("x", url="javascript:alert(1)"),)), "https address"),
        (Say("", embeds=(Embed("x", colour=-1),)), "no colour"),
        (Say("", selects=(Select("v1:a:b:c"),)), "1 to 25 choices"),
        (Say("", selects=(Select("v1:a:b:c", choices=(Choice("a", "a"), Choice("b", "a"))),)), "of its own"),
        (Say("", selects=(Select("v1:a:b:c", kind="role", least=3, most=2),)), "the least first"),
        (
            Say("", selects=(Select("v1:a:b:c", kind="role"),) * 5, buttons=(Button("a", "v1:a:b:c"),)),
            "room for 5",
        ),
    ],
)
def test_what_discord_would_refuse_is_said_before_it_is_sent(say: Say, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        bodies(say)


@pytest.mark.parametrize("speaker", [None, Speaker("Researcher")])
async def test_cards_reach_discord_and_are_changed(harbour: Harbour, speaker: Speaker | None) -> None:
    fields = tuple(EmbedField(f"Field {number}", "value " * 150) for number in range(30))
    say = Say(
        "See", speaker, files=(PICTURE,), embeds=(Embed("Bees", "hum", fields=fields, image="chart.png"),)
    )
    async with harbour.database.transaction() as conn:
        row, *others = await harbour.surface.post(conn, "k", Place(channel_id=harbour.channel), say)
    async with harbour.delivering():
        await harbour.settled()
        said = await harbour.messages()
        assert len(said) == 1 + len(others) > 2
        assert sum(len(card.get("fields", [])) for one in said for card in one["embeds"]) == 30
        assert said[-1]["embeds"][-1]["image"]["url"]
        assert await harbour.count("state = 'failed'") == 0
        async with harbour.database.transaction() as conn:
            await harbour.surface.edit(
                conn, "e", row, Say("Now", speaker, embeds=(Embed("Wasps", colour=0),))
            )
            await harbour.surface.replace(conn, "r", others[0], Say("All of it", speaker))
        await harbour.settled()
    changed, replaced, *_ = await harbour.messages()
    assert [card["title"] for card in changed["embeds"]] == ["Wasps"]
    assert not changed["flags"] & SUPPRESS_EMBEDS
    assert (replaced["content"], replaced["embeds"]) == ("All of it", [])
