"""Which words of a text carry its subject, and which of them are the same word."""

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_SHORTEST_STEM = 3
_MOST_CHARACTERS = 40

STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are aren't as at be because been before being below
    between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each either
    else ever every few for from further get gets had hadn't has hasn't have haven't having he her here hers herself
    him himself his how however i if in into is isn't it its itself just let like made make makes many may me might
    more most much must my myself neither no nor not now of off on once one only or other our ours ourselves out over
    own per please rather same say says she should shouldn't since so some such tell than that the their theirs them
    themselves then there these they this those though through to too toward towards under until up upon us use used
    uses using very via was wasn't we were weren't what when where whether which while who whom whose why will with
    within without won't would wouldn't yet you your yours yourself explain describe difference
    """.split()  # noqa: SIM905  # as a list it would be 160 lines
)

_ENDINGS = (
    ("ational", "ate"), ("ization", "ize"), ("isation", "ize"), ("iveness", "ive"), ("fulness", "ful"),
    ("ousness", "ous"), ("ations", "ate"), ("ation", "ate"), ("ators", "ate"), ("ator", "ate"), ("ises", "ize"),
    ("ised", "ize"), ("ising", "ize"), ("ise", "ize"), ("izes", "ize"), ("ized", "ize"), ("izing", "ize"),
    ("ments", ""), ("ment", ""), ("nesses", ""), ("ness", ""), ("ingly", ""), ("edly", ""), ("ings", ""),
    ("ing", ""), ("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"),
    ("ers", ""), ("er", ""), ("ed", ""), ("ly", ""), ("es", "e"), ("s", ""),
)  # fmt: skip
_VOWELS = frozenset("aeiouy")
_KEEP_FINAL_S = ("ss", "us", "is")
_WHOLE = frozenset({"news", "lens", "series", "species", "physics", "mathematics", "economics"})


def content_words(text: str) -> Iterator[str]:
    """The words of ``text`` that are not stop words, each reduced to a stem, in order, repeats included."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    for match in _WORD.finditer(plain):
        word = _POSSESSIVE.sub("", match[0])
        if word not in STOP_WORDS and (len(word) > 1 or not word.isascii()):
            yield stem(word[:_MOST_CHARACTERS])


def stem(word: str) -> str:
    """A light stem: English endings only, never shorter than three letters; other words stay as they are."""
    if not word.isascii() or not word.isalpha() or word.endswith(_KEEP_FINAL_S) or word in _WHOLE:
        return word
    for ending, instead in _ENDINGS:
        root = word.removesuffix(ending)
        if root != word and len(root) >= _SHORTEST_STEM and _VOWELS.intersection(root):
            return _tidied(root + instead, cut=not instead)
    return _without_final_e(word)


def _tidied(root: str, *, cut: bool) -> str:
    doubled = cut and root[-1] == root[-2] and root[-1] not in "lsz" and root[-1] not in _VOWELS
    return _without_final_e(root[:-1] if doubled else root)


def _without_final_e(word: str) -> str:
    return word[:-1] if len(word) > _SHORTEST_STEM and word.endswith("e") else word
