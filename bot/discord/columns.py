"""How wide text is where every character has the same width."""

import unicodedata


def columns(text: str) -> int:
    """Columns in a fixed-width font: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )
