"""Code in colours for the page: what is in a run, that nothing is lost, and what is left plain."""

import itertools

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.local_discord.highlighting import KINDS, LANGUAGES, LONGEST, runs_of
from bot.local_discord.server import LocalDiscord


def test_code_is_split_by_what_it_is() -> None:
    runs = runs_of("py", 'def f(n: int):\n    return "x" + 1  # why\n')
    assert ("keyword", "def") in runs
    assert ("function", "f") in runs
    assert ("string", '"x"') in runs
    assert ("number", "1") in runs
    assert ("comment", "# why") in runs
    assert runs_of("diff", "-old\n+new") == [("deleted", "-old"), ("", "\n"), ("inserted", "+new")]
    assert ("tag", '"a"') in runs_of("JSON", '{"a": 1}')


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_is_known_and_loses_nothing(language: str) -> None:
    code = "\n\nx = 1 # one\n<a href='b'>c</a>\n{ \"k\": [true, null] } \u202e\n\n"
    runs = runs_of(language, code)
    assert "".join(text for _, text in runs) == code
    assert {kind for kind, _ in runs} <= KINDS | {""}


@given(language=st.sampled_from(["py", "yaml", "sh", "html", "", "none"]), code=st.text(max_size=300))
def test_whatever_is_written_comes_out_whole(language: str, code: str) -> None:
    assert "".join(text for _, text in runs_of(language, code)) == code


@pytest.mark.parametrize("language", ["", "klingon", "../../etc", "py\n"])
def test_an_unknown_language_is_plain(language: str) -> None:
    assert runs_of(language, "x = 1") == [("", "x = 1")]


def test_what_takes_too_long_or_is_too_long_is_plain() -> None:
    assert runs_of("py", "x = 1", now=itertools.count().__next__) == [("", "x = 1")]
    assert len(runs_of("py", "x = 1\n" * LONGEST)) == 1
    assert runs_of("py", "") == []


async def test_the_route_needs_the_key_and_refuses_what_is_too_long(local: LocalDiscord) -> None:
    async with httpx.AsyncClient(base_url=local.base_url, trust_env=False) as http:
        body = {"language": "py", "code": "pass"}
        assert (await http.post("/local/highlight", json=body)).status_code == 401
        http.headers["X-Local-Key"] = local.key
        assert (await http.post("/local/highlight", json=body)).json() == {"runs": [["keyword", "pass"]]}
        bad: list[object] = [{}, {"code": None}, {"code": "x" * (LONGEST + 1)}, {"code": ["x"]}, []]
        for wrong in bad:
            assert (await http.post("/local/highlight", json=wrong)).status_code == 400
