"""Text and JSON as Postgres takes them: without NUL and lone surrogates, which tools and models may answer with."""

import json
from typing import Any, cast


def storable_text(text: str) -> str:
    """``text`` without NUL; a lone surrogate becomes a question mark."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def storable(value: Any) -> Any:
    """JSON all of whose texts can be stored; the same object where they can."""
    written = json.dumps(value)
    # Both are escaped in what is written: most values have neither, and are not looked at further.
    return _cleaned(value) if "\\u0000" in written or "\\ud" in written else value


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return storable_text(value)
        case list():
            return [_cleaned(one) for one in cast("list[Any]", value)]
        case dict():
            return {storable_text(key): _cleaned(one) for key, one in cast("dict[str, Any]", value).items()}
        case _:
            return value
