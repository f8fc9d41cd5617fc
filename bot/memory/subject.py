"""Whether a question and a memory are about the same subject, from their vectors and their words.

A vector's nearness alone does not tell: "Kubernetes network policies" lies nearer to "Kubernetes autoscaling"
than "adding pods when load rises" does, because it shares a word. So shared words count against nearness:

    score = cosine(question, title + beginning of the body) - 0.15 * shared words / words of the shorter title

and the subject is the same from a threshold on, which belongs to the embedding model.

Measured with all-MiniLM-L6-v2 on three sets of pairs: 24 subjects that the threshold was computed from
(``calibration.json``), 28 that were looked at while the method and its weight were chosen, and 20 that were
written last and measured once, with everything fixed (``looked_at.json`` and ``fresh.json`` in the tests).
``python tests/bench/same_subject.py`` prints this table. *No word shared*: paraphrases without a common
content word; *words shared*: the same subject asked in similar words; *other*: another subject of the same
field, most of them with a common word.

    =================  ==============  ============  ===============  =========
    set, threshold     no word shared  words shared  other, accepted  precision
    =================  ==============  ============  ===============  =========
    computed on, 0.44  32 of 48        24 of 24      2 of 120         0.97
    looked at, 0.44    29 of 36        28 of 28      3 of 139         0.95
    fresh, 0.44        17 of 20        19 of 20      1 of 40          0.97
    computed on, 0.50  18 of 48        24 of 24      3 of 120         0.93
    looked at, 0.50    22 of 36        28 of 28      2 of 139         0.96
    fresh, 0.50        13 of 20        19 of 20      2 of 40          0.94
    =================  ==============  ============  ===============  =========

The lines with 0.50 are cosine alone, at the threshold that lets about as few others pass. Of the questions
asked of an entirely different subject of their set or another, about one in 6,000 is accepted. So a quarter of
the paraphrases is missed, mostly jargon the model does not know ("queries, keys and values inside GPT"), and
one hard neighbour in fifty is taken for the same. Without a vector words alone decide: half of all content
words must be shared, which finds 33 of 52 similar wordings in the first two sets, no paraphrase, and accepts 7
of 259 others. All pairs were written by the authors in English, none sampled from people's questions.
"""

import re
from dataclasses import dataclass

from bot.memory.embedder import MINILM, EmbeddingSpace

SHARED_WORDS_WEIGHT = 0.15
WORDS_ALONE = 0.5

KNOWN_THRESHOLDS = {MINILM: 0.44}
"""Measured as above; for another model `bot.memory.calibration.calibrate` measures it when first used."""

BODY_EMBEDDED = 400
"""Characters of a body that are embedded with the title: more would drown the title in details."""

_STOP_WORDS = frozenset(
    {
        "a",
        "about",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "done",
        "for",
        "from",
        "get",
        "gets",
        "getting",
        "got",
        "had",
        "has",
        "have",
        "having",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "make",
        "makes",
        "making",
        "me",
        "my",
        "no",
        "not",
        "of",
        "on",
        "one",
        "or",
        "our",
        "out",
        "over",
        "should",
        "so",
        "some",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    }
)
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s", "e", "y")
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class SharedWords:
    """How many content words two texts share: of the shorter one, and of all words of both (0 to 1)."""

    of_shorter: float
    of_all: float


def threshold_of(space: EmbeddingSpace) -> float | None:
    """Return the known threshold of a space, or None where it has to be measured."""
    return KNOWN_THRESHOLDS.get(space)


def text_to_embed(title: str, body: str) -> str:
    """Return what of a memory is embedded; a title that is only how the body begins is not said twice."""
    if body.startswith(title):
        return body[:BODY_EMBEDDED]
    return f"{title}. {body[:BODY_EMBEDDED]}".strip()


def shared_words(one: str, other: str) -> SharedWords:
    """Compare the content words of two short texts; word endings and case do not count."""
    ours, theirs = content_words(one), content_words(other)
    if not ours or not theirs:
        return SharedWords(0, 0)
    both = len(ours & theirs)
    return SharedWords(both / min(len(ours), len(theirs)), both / len(ours | theirs))


def content_words(text: str) -> frozenset[str]:
    """Return the stems of the words that carry meaning; of a text of common words only, all of them."""
    words = re.findall(r"\w+(?:['\u2019]\w+)*", text.casefold())
    return frozenset(_stem(word) for word in words if word not in _STOP_WORDS) or frozenset(words)


def score(similarity: float, shared: SharedWords) -> float:
    """Return the number that a space's threshold is for."""
    return similarity - SHARED_WORDS_WEIGHT * shared.of_shorter


def same_subject(similarity: float | None, shared: SharedWords, threshold: float | None) -> bool:
    """Decide. ``similarity`` is None for a memory without a vector of the asker's space."""
    if shared.of_all == 1:
        return True
    if similarity is None or threshold is None:
        return shared.of_all >= WORDS_ALONE
    return score(similarity, shared) >= threshold


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word
