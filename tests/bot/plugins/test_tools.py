"""A cog's tools: described by their annotations, called only with what fits."""

from typing import Annotated, Any, Literal

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from pydantic import BaseModel, Field

from bot.errors import ConfigError, UserError
from bot.plugins.cog import Cog
from bot.plugins.tools import MOST_ANSWER, Tool


class Weather(BaseModel):
    """An answer."""

    city: str
    degrees: float


def _tool(function: Any, name: str = "lookup") -> Tool:
    cog = Cog("lab", summary="A cog under test")
    cog.tool(name, help="Look it up", read_only=True)(function)
    return cog.tools[name]


async def _weather(
    _ctx: object,
    city: Annotated[str, "The city", Field(min_length=1)],
    days: Annotated[int, Field(ge=1, le=7, description="How many")] = 3,
    unit: Literal["C", "F"] = "C",
) -> Weather:
    return Weather(city=f"{city}{days}{unit}", degrees=1.5)


def test_a_tool_is_described_by_its_annotations() -> None:
    tool = _tool(_weather)
    schema = tool.input_schema
    assert schema["required"] == ["city"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["city"]["description"] == "The city"
    assert schema["properties"]["city"]["minLength"] == 1
    assert (schema["properties"]["days"]["maximum"], schema["properties"]["days"]["default"]) == (7, 3)
    assert schema["properties"]["unit"]["enum"] == ["C", "F"]
    assert tool.output_schema is not None
    assert set(tool.output_schema["properties"]) == {"city", "degrees"}
    assert tool.read_only
    text, structured = tool.told(Weather(city="Bonn", degrees=2))
    assert structured == {"city": "Bonn", "degrees": 2.0}
    assert '"Bonn"' in text


def test_what_does_not_fit_is_told_in_a_sentence() -> None:
    tool = _tool(_weather)
    assert tool.checked({"city": "Bonn"}) == {"city": "Bonn"}, "defaults stay the function's own"
    for given_, said in (
        ({}, "city: field required"),
        ({"city": "Bonn", "days": 9}, "days: input should be less than or equal to 7"),
        ({"city": "Bonn", "colour": "red"}, "colour: extra inputs are not permitted"),
        ({"city": "Bonn", "unit": "K"}, "unit: input should be 'C' or 'F'"),
    ):
        with pytest.raises(UserError, match=r"^The arguments of lookup do not fit: .*\.$") as refused:
            tool.checked(given_)
        assert said in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(["city", "days", "unit", "", "self", "ctx", "model_config"]), JSON))
def test_whatever_a_model_sends_fits_or_is_refused_in_a_sentence(arguments: dict[str, Any]) -> None:
    tool = _tool(_weather)
    refused = ""
    found: dict[str, Any] = {}
    try:
        found = tool.checked(arguments)
    except UserError as error:
        refused = str(error)
    assert len(refused) < 2_000
    assert refused or "city" in found
    assert found.keys() <= {"city", "days", "unit"}
    assert 1 <= found.get("days", 1) <= 7


def test_a_text_answer_is_bounded() -> None:
    async def long(_ctx: object) -> str:
        return ""

    text, structured = _tool(long).told("x" * (MOST_ANSWER + 1))
    assert len(text) < MOST_ANSWER + 100
    assert text.endswith("characters]")
    assert structured is None


def test_a_function_that_cannot_be_described_is_refused() -> None:
    async def odd(_ctx: object, city: Unheard) -> str:
        return str(city)

    async def many(_ctx: object, *cities: str) -> str:
        return str(cities)

    def plain(_ctx: object) -> str:
        return ""

    for function in (odd, many, plain):
        with pytest.raises(ConfigError):
            _tool(function)
    for name in ("", "a b", "x" * 65):
        with pytest.raises(ConfigError):
            _tool(_weather, name)
    cog = Cog("lab", summary="A cog under test")
    cog.tool("once", help="One")(_weather)
    with pytest.raises(ConfigError, match="twice"):
        cog.tool("once", help="Two")(_weather)


class Unheard:  # a type that pydantic knows nothing of
    """No JSON can be this."""
