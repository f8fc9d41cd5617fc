"""Text of tool servers as people and models may see it: nothing in it can hide.

Names and descriptions can carry characters that show nothing or turn the reading direction round (Unicode's tags,
joiners, bidirectional controls, blank letters). People see them escaped, models do not see them at all.
"""

import unicodedata

_KEPT = frozenset("\n\t ")
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and symbols that show nothing although their category says otherwise."""
_VARIATION_SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})


def hides(character: str) -> bool:
    """Whether a character shows nothing, or not where it stands."""
    if character in _KEPT:
        return False
    return (
        unicodedata.category(character) in _HIDDEN_CATEGORIES
        or character in _BLANK
        or any(first <= ord(character) <= last for first, last in _VARIATION_SELECTORS)
    )


def hides_something(text: str) -> bool:
    """Whether a text holds any such character."""
    return any(map(hides, text))


def visible(text: str) -> str:
    r"""The text with every hidden character escaped as ``\u{202e}``, for people who decide about it."""
    return "".join(f"\\u{{{ord(one):x}}}" if hides(one) else one for one in text)


def plain(text: str, most: int = 10_000) -> str:
    """The text without hidden characters and within ``most`` characters, for models and in passing."""
    kept = "".join(
        " " if unicodedata.category(one) in {"Zs", "Zl", "Zp"} else "" if hides(one) else one
        for one in text[: most * 4]
    )
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"


def one_line(text: str, most: int = 200) -> str:
    """The text as `plain` gives it, in one line."""
    return plain(" ".join(text[: most * 4].split()), most)
