"""Takes the secrets of the configuration out of whatever leaves the bot: what it says, asks models, and stores.

One object of this is made at the start and stands at every edge: the surface and Discord's API, the models' requests,
the database's values, the tool servers' answers, and the command line. Logs have `bot.observe.redaction` on top, which
also takes out what only looks like a secret.
"""

import re
from collections.abc import Iterable
from typing import Any, cast

from bot.observe.secret_forms import forms_of

REDACTED = "[redacted]"
SHORTEST_TELLING = 8
LONG_ENOUGH = 16
"""A secret of so many characters is told from ordinary text whatever they are."""
_LEAST_KINDS, _LEAST_LETTERS = 2, 4
_KINDS = (str.islower, str.isupper, str.isdecimal)
_END_OF_CUT = " …."
"""What is written behind a text that was cut short."""


def is_telling(secret: str) -> bool:
    """Whether a secret can be told from ordinary words and numbers, so that taking it out hides nothing else.

    ``postgres`` and ``12345678`` are not; ``Tr0ub4dor`` is, and anything of 16 characters that are not all alike.
    """
    if len(secret) < SHORTEST_TELLING or len(set(secret)) < _LEAST_LETTERS:
        return False
    kinds = sum(any(is_kind(letter) for letter in secret) for is_kind in _KINDS)
    kinds += any(not letter.isalnum() for letter in secret)
    return len(secret) >= LONG_ENOUGH or kinds >= _LEAST_KINDS


def _first_telling(form: str) -> int:
    """How much of the beginning of a form has to stand there to be told; more of it is telling as well."""
    return next((end for end in range(SHORTEST_TELLING, len(form)) if is_telling(form[:end])), len(form))


def telling(secrets: Iterable[str]) -> "Secrets":
    """What takes out those of ``secrets`` that can be told from ordinary words."""
    return Secrets(filter(is_telling, secrets))


class Secrets:
    """Replaces secrets by ``[redacted]``, in every form they travel in; immutable, for use from any thread.

    Give it those that are telling (`is_telling`), where people read what it leaves.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.values = frozenset(secret for secret in secrets if secret)
        forms = {form for secret in self.values for form in forms_of(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        # Where a form stands, those within it do: only they are looked for.
        self._cores = tuple(one for one in forms if not any(other in one for other in forms if other != one))
        # Within a lookahead: forms that overlap are all found.
        self._anywhere = re.compile(f"(?=({'|'.join(map(re.escape, longest_first))}))")
        self._shortest = min(map(len, forms), default=0)
        self._longest = max(map(len, forms), default=0)
        self._beginnings = {form[:end] for form in forms for end in range(1, len(form))}
        cuttable = {form for secret in self.values if "://" not in secret for form in forms_of(secret)}
        self._cuttable = {form[:end] for form in cuttable for end in range(_first_telling(form), len(form))}
        self._within = {one[-SHORTEST_TELLING:] for one in self._cuttable}

    def __repr__(self) -> str:
        return f"<{len(self.values)} secrets>"

    def __contains__(self, text: str) -> bool:
        """Whether a secret stands in ``text``, whole."""
        # A search for each form is many times faster than one expression for all of them.
        return len(text) >= self._shortest and any(core in text for core in self._cores)

    def text(self, text: str) -> str:
        """``text`` without them; of one that was cut off at its end the rest goes, too."""
        cleaned = self._replaced(text, self._spans(text)) if text in self else text
        return self._without_cut(cleaned)

    def growing(self, text: str) -> str:
        """What may be shown of a text that is still being written: nothing that could become a secret."""
        end = len(text)
        for length in range(min(self._longest - 1, end), 0, -1):
            if text[end - length :] in self._beginnings:
                end -= length
                break
        spans = self._spans(text) if text in self else []
        end = min([end, *(first for first, last in spans if first < end < last)])
        return self._replaced(text[:end], [(first, last) for first, last in spans if last <= end])

    def value[T](self, value: T) -> T:
        """JSON without them, names included."""
        return value if not self._cores else cast("T", self._value(value))

    def content(self, content: bytes) -> bytes:
        """A file without them, where it is text."""
        if not any(core.encode("utf-8", "surrogatepass") in content for core in self._cores):
            return content
        return self.text(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            items = cast("list[Any] | tuple[Any, ...]", value)
            return type(items)(self._value(one) for one in items)
        if isinstance(value, dict):
            members = cast("dict[Any, Any]", value)
            return {self._value(key): self._value(one) for key, one in members.items()}
        return value

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where secrets stand, those that overlap as one."""
        spans: list[tuple[int, int]] = []
        for found in self._anywhere.finditer(text):
            first, last = found.span(1)
            if spans and first < spans[-1][1]:
                spans[-1] = spans[-1][0], max(spans[-1][1], last)
            else:
                spans.append((first, last))
        return spans

    @staticmethod
    def _replaced(text: str, spans: list[tuple[int, int]]) -> str:
        parts: list[str] = []
        done = 0
        for first, last in spans:
            parts += [text[done:first], REDACTED]
            done = last
        return "".join([*parts, text[done:]])

    def _without_cut(self, text: str) -> str:
        """The text without the beginning of a secret at its end, where somebody cut it there."""
        kept = text.rstrip(_END_OF_CUT)
        if kept[-SHORTEST_TELLING:] not in self._within:
            return text
        for length in range(min(self._longest, len(kept)), SHORTEST_TELLING - 1, -1):
            if kept[-length:] in self._cuttable:
                return f"{kept[:-length]}{REDACTED}{text[len(kept) :]}"
        return text


NO_SECRETS = Secrets()
