# ruff: noqa: RUF001 # typographic apostrophes are part of words
"""Turns text into terms that can be compared: words, folded and cut to their stems."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot.llm.offline.wordlists import FUNCTION_WORDS, IRREGULAR, OTHER_LANGUAGES, SAME

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]")
_JAPANESE_OR_HAN = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]|[\u30a0-\u30ff]+|[\u3040-\u309f]+"
    r"|[^\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]+"
)
_HIRAGANA = re.compile(r"^[\u3040-\u309f]+$")
_CJK_FUNCTION = frozenset(
    "的了是在和有不吗呢吧啊也都就与及或被把对从到这那哪什么谁怎么样为何如几多少个们之其所以"
)
_LONGEST_WORD = 64
_VOWELS = "aeiouy"
_SHORTEST_STEM = 3
_LONG_STEM = 5


def words(text: str) -> list[str]:
    """The words of ``text`` as they stand, without punctuation; CJK text by its single characters."""
    return [piece for match in _WORD.finditer(text) for piece in _pieces(match.group())]


def _pieces(word: str) -> Iterator[str]:
    if word.isascii() or not _JAPANESE_OR_HAN.match(word) or not _is_cjk(word):
        yield word[:_LONGEST_WORD]
        return
    for piece in _JAPANESE_OR_HAN.findall(word):
        # Hiragana is mostly grammar, as are some characters: they are the function words here.
        if not _HIRAGANA.match(piece) and piece not in _CJK_FUNCTION:
            yield piece[:_LONGEST_WORD]


def _is_cjk(word: str) -> bool:
    return any("\u3040" <= char <= "\u30ff" or _HAN.match(char) for char in word[:_LONGEST_WORD])


def is_cjk(text: str) -> bool:
    """Whether ``text`` holds a term that is a single Han character."""
    return bool(_HAN.search(text))


def fold(word: str) -> str:
    """``word`` in one case and without accents."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)) or word


class Stems:
    """Stems of folded words; keeps what it has seen, so one is made for each request."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def of(self, word: str) -> str:
        """The stem of ``word``, folded or not."""
        found = self._seen.get(word)
        if found is None:
            found = self._seen[word] = stem(fold(word))
        return found

    def terms(self, text: str) -> list[str]:
        """The stems of all words of ``text``, in order, function words included."""
        return [self.of(word) for word in words(text)]


def stem(word: str) -> str:
    """A light English stem: plurals, verb forms and common derivations fall together, names survive."""
    word = word.partition("'")[0] or word
    if word in IRREGULAR:
        word = IRREGULAR[word]
    if len(word) <= _SHORTEST_STEM or not word.isalpha():
        return word
    base = _stem_alone(word)
    return _SAME_STEMS.get(base, base)


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word[:-2] + "or" if word.endswith("our") and len(word) > len("four") else word


def _verb(word: str) -> str:
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= _SHORTEST_STEM and any(char in _VOWELS for char in base):
            doubled = base[-1] == base[-2] and base[-1] not in "lsz"
            return base[:-1] if doubled else base
    return word


_DERIVATIONS = (
    ("ization", "iz"),
    ("isation", "iz"),
    ("ation", "at"),
    ("ator", "at"),
    ("ition", "it"),
    ("ion", ""),
)
_ENDINGS = ("fulness", "ness", "ment", "ful", "ly")
_DOERS = ("er", "or")


def _derived(word: str) -> str:
    for ending, instead in _DERIVATIONS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word.removesuffix(ending) + instead
            break
    else:
        for ending in (*_ENDINGS, *_DOERS):
            # "Starter" is no form of "start", "beekeeper" is one of "beekeeping".
            least = _LONG_STEM + (ending in _DOERS)
            if word.endswith(ending) and len(word) - len(ending) >= least:
                word = word.removesuffix(ending)
                break
    if word.endswith("y") and len(word) > _SHORTEST_STEM:
        return word[:-1] + "i"
    word = word.removesuffix("e") if len(word) > _SHORTEST_STEM else word
    return word[:-1] + "s" if word.endswith("iz") else word


def _stem_alone(word: str) -> str:
    return _derived(_verb(_plural(word)))


_SAME_STEMS = {_stem_alone(form): _stem_alone(base) for form, base in SAME.items()}


@dataclass(frozen=True, slots=True)
class Language:
    """A language as far as it matters here: its function words, folded."""

    name: str
    function_words: frozenset[str]


_ENGLISH = Language("en", frozenset(map(fold, FUNCTION_WORDS)))
_OTHERS = tuple(Language(name, frozenset(map(fold, listed))) for name, listed in OTHER_LANGUAGES.items())


def language_of(text: str) -> Language:
    """The language whose function words ``text`` holds most of; English where in doubt."""
    found = {fold(word) for word in words(text)}
    return max((_ENGLISH, *_OTHERS), key=lambda language: len(found & language.function_words))
