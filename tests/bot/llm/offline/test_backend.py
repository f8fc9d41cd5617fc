"""The offline backend as a whole: purposes, schemas, plans, summaries, size, and that it is one of the backends."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.llm.collect import ask
from bot.llm.offline.answer import NOT_ANSWERED
from bot.llm.offline.backend import NOTHING_TO_SUM_UP, OfflineBackend
from bot.llm.offline.chat import CANNOT_CHAT
from bot.llm.offline.plan import MOST_QUERIES, plan_queries
from bot.llm.protocol import (
    Backend,
    ContextTooLong,
    Passage,
    Request,
    Schema,
    Turn,
    UnsupportedRequest,
    Usage,
)
from tests.bot.llm.offline.asking import asked, pseudo_words, quotes


def plan_schema(**array: Any) -> Schema:
    queries = {"type": "array", "items": {"type": "string"}, **array}
    definition = {"type": "object", "properties": {"queries": queries}, "required": ["queries"]}
    return Schema("plan", definition)


PLAN = Request(
    "plan",
    "none",
    "",
    (Turn("user", "what is the latest on tidal power in small harbours?"),),
    schema=plan_schema(),
)


async def test_it_is_a_backend_and_says_what_its_text_is() -> None:
    backend = OfflineBackend()
    assert isinstance(backend, Backend)
    assert backend.label == "extractive, offline"
    await backend.aclose()


async def test_a_plan_fills_its_schema() -> None:
    answer = await ask(OfflineBackend(), PLAN)
    assert answer.data == {"queries": ["tidal power harbours", "tidal power", "harbours"]}
    assert answer.usage == Usage()


async def test_a_plan_keeps_to_the_schemas_limits() -> None:
    answer = await ask(OfflineBackend(), replace(PLAN, schema=plan_schema(maxItems=1, minItems=1)))
    assert answer.data == {"queries": ["tidal power harbours"]}
    short = plan_schema(items={"type": "string", "maxLength": 5})
    assert (await ask(OfflineBackend(), replace(PLAN, schema=short))).data == {
        "queries": ["tidal", "tidal", "harbo"]
    }


@pytest.mark.parametrize(
    "schema",
    [
        Schema("plan", {"type": "object", "properties": {"steps": {"type": "array"}}}),
        Schema(
            "plan",
            {"type": "object", "properties": {"queries": {"type": "array", "items": {"type": "integer"}}}},
        ),
        Schema("verdict", {"type": "object", "properties": {"ok": {"type": "boolean"}}}),
        Schema("plan", {}),
        Schema(
            "plan",
            {"type": "object", "properties": {"queries": {"type": "array"}}, "required": ["queries", "x"]},
        ),
        Schema("plan", {"type": "object", "properties": 5}),
    ],
)
async def test_a_schema_it_does_not_know_is_refused(schema: Schema) -> None:
    with pytest.raises(UnsupportedRequest, match=schema.name):
        await ask(OfflineBackend(), replace(PLAN, schema=schema))


async def test_a_schema_for_another_purpose_is_refused() -> None:
    with pytest.raises(UnsupportedRequest):
        await ask(OfflineBackend(), replace(PLAN, purpose="answer"))


async def test_a_purpose_it_does_not_know_is_refused() -> None:
    odd: Any = "compose a symphony"
    with pytest.raises(UnsupportedRequest, match="symphony"):
        await ask(OfflineBackend(), replace(PLAN, purpose=odd, schema=None))


async def test_no_topic_is_said() -> None:
    with pytest.raises(UnsupportedRequest, match="topic"):
        await asked("  ?! ", purpose="plan")


async def test_no_embeddings_is_said() -> None:
    with pytest.raises(UnsupportedRequest, match="embed"):
        await OfflineBackend().embed(["a"], model="m")


@pytest.mark.parametrize(
    ("topic", "queries"),
    [
        ("bicycles", ["bicycles"]),
        ("Topic: self-hosted vector search", ["self-hosted vector search"]),
        ("How do peat bogs store carbon?", ["peat bogs store carbon"]),
        ('"deep sea mining" and its critics', ["deep sea mining critics", "deep sea mining", "critics"]),
        ("What is new?", ["new"]),
        (
            "Was ist der Stand der Gezeitenkraft in Häfen?",
            ["Stand Gezeitenkraft Häfen", "Stand", "Gezeitenkraft", "Häfen"],
        ),
        ("量子コンピュータ", ["量子コンピュータ"]),
    ],
)
def test_plans(topic: str, queries: list[str]) -> None:
    assert plan_queries(topic) == queries


@given(st.text())
def test_any_topic_gives_few_short_distinct_queries(topic: str) -> None:
    queries = plan_queries(topic)
    assert len(queries) <= MOST_QUERIES
    assert len(set(queries)) == len(queries)
    assert all(query.strip() == query and query for query in queries)


@given(st.lists(pseudo_words, min_size=1, max_size=4, unique=True))
def test_unknown_words_are_searched_for(subject: list[str]) -> None:
    queries = plan_queries(f"What is the latest research on {' '.join(subject)} these days?")
    assert queries[0] == " ".join(subject)


TEAM = (
    Passage("m1", "login page shipped", author="Ngozi"),
    Passage("m2", "The invoice export fails for accounts without a VAT number.", author="Tomás"),
    Passage("m3", "I reviewed the login page and left two comments.", author="Tomás"),
    Passage("m4", "Invoice export is fixed and deployed.", author="Ngozi"),
    Passage("m5", "Lunch?", author="Yui"),
)


async def test_a_summary_by_person() -> None:
    answer = await asked("Sum up, by person.", *TEAM)
    sections = answer.split("\n\n")
    assert [section.split("\n")[0] for section in sections] == ["**Ngozi**", "**Tomás**", "**Yui**"]
    assert {identity for _, identity in quotes(sections[0])} == {"m1", "m4"}
    assert {identity for _, identity in quotes(sections[1])} == {"m2", "m3"}
    assert ("login page shipped", "m1") in quotes(answer)


async def test_a_name_cannot_be_a_heading_of_its_own_or_a_citation() -> None:
    answer = await asked("Sum up, by person.", Passage("1", "All done here.", author="Eve**\n[1] **"))
    assert answer.split("\n") == ["**Eve**", "- All done here. [1]"]


@pytest.mark.parametrize(
    "instruction",
    [
        "Summarise the discussion",
        "please sum up the thread",
        "TL;DR",
        "Give me a short summary of the messages",
        "what happened in the last 24 hours?",
        "What did people say?",
        "list the main points",
        "Write a digest",
        "What do the sources say?",
        "Fasse das bitte zusammen",
    ],
)
async def test_an_instruction_to_sum_up_is_followed(instruction: str) -> None:
    assert len(quotes(await asked(instruction, *TEAM))) >= 3


async def test_a_summary_keeps_to_its_subject() -> None:
    cited = {
        identity
        for _, identity in quotes(await asked("Sum up what was said about the invoice export", *TEAM))
    }
    assert cited == {"m2", "m4"}
    assert (await asked("Sum up what was said about the elections", *TEAM)).startswith(NOT_ANSWERED)


async def test_the_purpose_summarize_needs_no_instruction() -> None:
    assert len(quotes(await asked("Minutes", *TEAM, purpose="summarize"))) >= 3
    assert await asked("Minutes", purpose="summarize") == NOTHING_TO_SUM_UP


async def test_a_summary_prefers_what_the_sources_share() -> None:
    shared = "The dam on the upper river leaks and the council meets on Friday."
    passages = [
        Passage("1", f"{shared} My cat is asleep."),
        Passage("2", "The council says the dam leaks. Shoes are on sale."),
        Passage("3", "Engineers will look at the leaking dam before the council meets. Bread was good."),
    ]
    answer = await asked("Summarize", *passages)
    assert all("dam" in text for text, _ in quotes(answer)[:1])
    assert {identity for _, identity in quotes(answer)} == {"1", "2", "3"}


async def test_a_record_line_is_no_summary() -> None:
    text = "arXiv:2508.13428v1 Announce Type: cross\n\nTides turn the wheel of the old mill twice a day. Fish pass beside it."
    answer = await asked(
        "Summarise", Passage("1", text), *(Passage(str(n), f"Mill {n} turns.") for n in range(2, 8))
    )
    assert "arXiv" not in answer


async def test_many_people_are_not_dropped_in_silence() -> None:
    crowd = [
        Passage(
            str(n),
            f"Person number {n} wrote about the harbour wall at {'great ' * 25}length.",
            author=f"P{n}",
        )
        for n in range(40)
    ]
    answer = await asked("Sum up by person", *crowd)
    shown = answer.count("**P")
    assert shown < 40
    assert answer.endswith(f"**… and {40 - shown} more**")


async def test_chat_is_honest_and_still_quotes() -> None:
    assert await asked("How are you today?", purpose="chat") == CANNOT_CHAT
    assert await asked("Tell me a joke", *TEAM, purpose="chat") == CANNOT_CHAT
    assert quotes(await asked("What about the VAT number?", *TEAM, purpose="chat"))[0][1] == "m2"


def pseudo_prose(count: int) -> str:
    rng = random.Random(7)  # noqa: S311 # no secret
    vocabulary = ["".join(rng.choices("abdeiklmnorstu", k=rng.randint(3, 9))) for _ in range(5_000)]
    return " ".join(" ".join(rng.choices(vocabulary, k=18)).capitalize() + "." for _ in range(count))


async def test_ten_thousand_sentences() -> None:
    text = pseudo_prose(10_000)
    needle = "The quokka of Rottnest naps beneath the tea tree."
    passages = (Passage("1", text[: len(text) // 2]), Passage("2", f"{text[len(text) // 2 :]} {needle}"))
    answer = await asked("Where does the quokka nap?", *passages)
    assert quotes(answer)[0] == (needle, "2")
    assert quotes(await asked("Sum up", *passages))


@pytest.mark.parametrize(
    "text",
    [
        "heron" * 20_000,
        "heron " * 20_000,
        "heron! " * 15_000,
        "[heron" * 15_000 + "]" * 15_000,
        "\u202eheron\x00 " * 10_000,
        "طائر " * 20_000,
        "鷺" * 50_000,
        "*_`|" * 25_000,
    ],
    ids=[
        "one word",
        "no sentence",
        "tiny sentences",
        "brackets",
        "control characters",
        "arabic",
        "han",
        "markup",
    ],
)
async def test_hostile_material(text: str) -> None:
    for question in ("What is a heron?", "Sum up", "鷺"):
        answer = await asked(question, Passage("1", text, title=text[:5_000], author=text[:5_000]))
        assert len(answer) < 4_000
        assert "\x00" not in answer
        assert "\u202e" not in answer


async def test_too_much_material_is_said() -> None:
    with pytest.raises(ContextTooLong, match="5,000,000"):
        await asked("What?", Passage("1", "x" * 5_000_001))


async def test_a_small_budget_of_tokens_is_kept() -> None:
    request = Request("answer", "none", "", (Turn("user", "Sum up"),), material=TEAM, max_tokens=20)
    assert len((await ask(OfflineBackend(), request)).text) < 120


@given(
    st.lists(
        st.builds(Passage, id=st.text("ab1", min_size=1), text=st.text(), title=st.text(), author=st.text())
    ),
    st.text(),
)
@settings(max_examples=100, deadline=None)
async def test_summaries_of_anything(passages: list[Passage], instruction: str) -> None:
    for text in (instruction, "Sum up by person"):
        answer = await asked(text, *passages, purpose="summarize")
        assert answer
        assert {identity for _, identity in quotes(answer)} <= {passage.id for passage in passages}
