"""Turns survive being recorded as JSON, whatever is in them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bot.llm.protocol import Answer, Image, ToolCall, Turn

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=3)
SOME_TURNS = st.lists(
    st.builds(
        Turn,
        role=st.sampled_from(["user", "assistant", "tool"]),
        text=TEXT,
        tool_calls=st.lists(st.builds(ToolCall, TEXT, TEXT, OBJECTS), max_size=2).map(tuple),
        tool_call_id=TEXT,
        images=st.lists(st.builds(Image, TEXT, st.binary(max_size=40)), max_size=2).map(tuple),
        opaque=st.lists(OBJECTS, max_size=2).map(tuple),
        tool_failed=st.booleans(),
    ),
    max_size=4,
).map(tuple)
TURNS = TypeAdapter(tuple[Turn, ...])


@given(SOME_TURNS)
def test_turns_come_back_from_json_as_they_were(turns: tuple[Turn, ...]) -> None:
    as_json = json.dumps(TURNS.dump_python(turns, mode="json"))
    assert TURNS.validate_python(json.loads(as_json)) == turns
    assert TURNS.validate_json(TURNS.dump_json(turns)) == turns


def test_an_answer_comes_back_too() -> None:
    adapter = TypeAdapter(Answer)
    given_answer = adapter.validate_python(
        {"text": "a", "tool_calls": [], "finish": "stop", "usage": {}, "opaque": [{"backend": "b", "n": [1]}]}
    )
    assert adapter.validate_json(adapter.dump_json(given_answer)) == given_answer


def test_a_picture_is_not_printed_and_must_be_base64_in_json() -> None:
    assert "secret" not in repr(Image("image/png", b"secret"))
    with pytest.raises(ValidationError, match="base64"):
        TypeAdapter(Image).validate_python({"media_type": "image/png", "data": "not base64!"})
