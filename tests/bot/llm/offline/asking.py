"""Asking the offline backend in tests, and words it cannot have seen."""

import re

from hypothesis import strategies as st

from bot.llm.offline.backend import OfflineBackend
from bot.llm.offline.terms import stem
from bot.llm.offline.wordlists import FUNCTION_WORDS, GENERIC_WORDS, INSTRUCTION_WORDS
from bot.llm.protocol import Passage, Purpose, Request, Schema, TextDelta, Turn

_CITATION = re.compile(r"\[([^\[\]]+)\]$")

_REAL = FUNCTION_WORDS | GENERIC_WORDS | INSTRUCTION_WORDS
_SHAPE = r"[bdfgklmnprtvz][aeou][bdfgklmnprtvz]{1,2}[aeou][kmnrt]"
_STEMS = {stem(word) for word in _REAL}
pseudo_words = st.from_regex(_SHAPE, fullmatch=True).filter(lambda word: stem(word) not in _STEMS)
"""Pronounceable, of no language, and with no ending that a stemmer would take off."""


async def asked(
    text: str,
    *passages: Passage,
    purpose: Purpose = "answer",
    schema: Schema | None = None,
    before: tuple[str, ...] = (),
) -> str:
    turns = tuple(Turn("user", said) for said in (*before, text))
    request = Request(purpose, "none", "", turns, material=passages, schema=schema)
    return "".join([e.text async for e in OfflineBackend().stream(request) if isinstance(e, TextDelta)])


def quotes(answer: str) -> list[tuple[str, str]]:
    """Each quoted text with the id it is cited to."""
    matches = [(line, _CITATION.search(line)) for line in answer.split("\n")]
    return [
        (line[: match.start()].removeprefix("- ").strip(), match.group(1)) for line, match in matches if match
    ]
