# ruff: noqa: RUF001 # typographic and full-width marks are what is looked for
"""Signs in a sentence that it is the kind of answer a question seeks, or no good answer to anything."""

import re

from bot.llm.offline.material import Sentence
from bot.llm.offline.question import Question
from bot.llm.offline.wordlists import NUMBER_WORDS

_NUMBER = re.compile(rf"\d|\b(?:{'|'.join(sorted(NUMBER_WORDS))})\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b[12]\d{3}\b|\b\d{1,2}[:.]\d{2}\b|\b(?:january|february|march|april|may|june|july|august|september|october"
    r"|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|spring|summer|autumn|winter"
    r"|morning|noon|evening|night|century|decade|until|before|after|during|since)\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|thanks to|as a result|therefore|thus|hence|so that|in order to|to avoid"
    r"|which is why|reasons?|caused? by|leads? to|prevents?|protects?)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"(?:\bby |\w )[A-ZÀ-Þ][\w'-]+")
_PLACE = re.compile(
    r"\b(?:in|at|near|from|on|inside|outside|under|north|south|east|west) (?:the )?\w", re.IGNORECASE
)
_STEPS = re.compile(
    r"\b(?:by \w+ing|using|with|through|first|then|next|finally|steps?|must|should|needs? to)\b",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"\b(?:is|are|was|were) (?:an?|the|any|one)\b|\bmeans\b|\brefers? to\b|\bstands for\b|\bcalled\b"
)
_TO_A_MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|prompts?|rules?|above|previous)\b"
    r"|\b(?:system prompt|as an ai|you are now|you must (?:now )?(?:say|answer|reply|output))\b",
    re.IGNORECASE,
)
_ENDS_WELL = re.compile(r"[.!…。！؟।]['\"’”»)\]*_]*$")
_FEW_WORDS, _TOO_FEW_WORDS = 8, 3
_RECORD = re.compile(
    r"^[\w.-]+:\s?\S*\d{3}|^(?:published|posted|updated|filed|tags?|doi|isbn|issn)\b.{0,20}:", re.IGNORECASE
)
_MARKUP = frozenset("{}<>|=\\;$#")
_MOST_MARKUP = 0.06


def cue(question: Question, sentence: Sentence) -> float:
    """From 0 to 1: how much ``sentence`` looks like the kind of answer that is sought."""
    match question.seeks:
        case "number":
            found = has_number(sentence.text)
        case "time":
            found = bool(_TIME.search(sentence.text))
        case "reason":
            found = bool(_REASON.search(sentence.text))
        case "person":
            found = bool(_PERSON.search(sentence.text))
        case "place":
            found = bool(_PLACE.search(sentence.text))
        case "steps":
            found = bool(_STEPS.search(sentence.text))
        case "definition":
            return _definition(question, sentence)
        case "anything":
            found = False
    return float(found)


def has_number(text: str) -> bool:
    """Whether ``text`` holds a number, in digits or as a word."""
    return bool(_NUMBER.search(text))


def _definition(question: Question, sentence: Sentence) -> float:
    """Full where the subject stands first and is then said to be something."""
    if not _DEFINED.search(sentence.text):
        return 0.0
    # Counts keep the order in which the terms came.
    return 1.0 if any(term in question.keys for term in list(sentence.counts)[:4]) else 0.4


def speaks_to_machines(sentence: Sentence) -> bool:
    """Whether ``sentence`` gives orders to a language model: it informs nobody, so it is not quoted.

    Where the question is about such orders it is material like any other; see `rank`.
    """
    return bool(_TO_A_MACHINE.search(sentence.text))


def quality(sentence: Sentence) -> float:
    """From 0 to 1: how well ``sentence`` stands as a quote, whatever it is about."""
    text = sentence.text
    factor = 1.0
    if text.rstrip("\"'”’)").endswith(("?", "\uff1f")):
        factor *= 0.5  # it asks, too
    if sentence.length < _TOO_FEW_WORDS:
        factor *= 0.3
    elif sentence.length < _FEW_WORDS and not _ENDS_WELL.search(text):
        factor *= 0.6  # a heading, a menu entry
    if _RECORD.search(text):
        factor *= 0.3  # "arXiv:2508.13428v1", "Posted on: …"
    if sum(char in _MARKUP for char in text) > _MOST_MARKUP * len(text):
        factor *= 0.4
    return factor
