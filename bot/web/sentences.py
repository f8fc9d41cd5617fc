"""Answers of the web address: JSON with a sentence in it, whatever went wrong."""

import json
from collections.abc import Mapping

from starlette.responses import Response


def said(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong and what to do."""
    body = json.dumps({"error": sentence}, ensure_ascii=False)
    common = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(
        body, status_code=status, headers={**common, **(headers or {})}, media_type="application/json"
    )
