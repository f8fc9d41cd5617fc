"""Sentences that say what there is, for somebody who named what there is not."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMED = 25


def instead(there_are: Iterable[str]) -> str:
    """The end of a sentence: what there is, at most twenty-five of them."""
    names = list(dict.fromkeys(name for name in there_are if name))
    if not names:
        return "there are none"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{'there is' if len(names) == 1 else 'there are'}: {', '.join(names[:MOST_NAMED])}{more}"


def meant(wanted: str, names: Iterable[str]) -> str:
    """A question about the nearest name, empty where none is near."""
    near = get_close_matches(wanted, list(names), n=1)
    return f" Did you mean {near[0]}?" if near else ""
