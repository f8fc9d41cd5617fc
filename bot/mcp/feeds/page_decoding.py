"""Turning a page's bytes into text: its byte order mark, its header, its ``meta`` tag, else UTF-8."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_IN_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_META_WITHIN = 4_096
_NOT_FOR_PAGES = frozenset({"utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined"})


def decoded_page(body: bytes, content_type: str) -> str:
    """Decode ``body``; characters that do not fit the declared encoding become replacement characters."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    return body.decode(_declared(body, content_type) or "utf-8", "replace")


def _declared(body: bytes, content_type: str) -> str | None:
    in_meta = _IN_META.search(body, 0, _META_WITHIN)
    names = [match[1] for match in (_IN_HEADER.search(content_type),) if match]
    names += [in_meta[1].decode("ascii")] if in_meta else []
    return next((known for name in names if (known := _known_encoding(name))), None)


def _known_encoding(name: str) -> str | None:
    try:
        known = codecs.lookup(name).name
        b"x".decode(known, "replace")  # empty bytes would not be looked at
    except (LookupError, ValueError):  # not a text encoding, or none at all
        return None
    if known in _NOT_FOR_PAGES:
        return None
    return "cp1252" if known in ("iso8859-1", "ascii") else known  # as browsers do (WHATWG Encoding §4.2)
