"""How many tokens a request may take at most, before any provider has counted them."""

import json

from bot.llm.protocol import Request, Turn

CHARACTERS = 3
"""Of one token, at least: English has about four; what is not Latin is counted by its bytes."""
IMAGE_TOKENS = 1_600
OVERHEAD = 50


def input_tokens(request: Request) -> int:
    """An upper guess at what the model will read."""
    texts = [request.instructions, *(passage.text + passage.title for passage in request.material)]
    texts += [tool.description + json.dumps(tool.parameters) for tool in request.tools]
    texts += [json.dumps(request.schema.definition)] if request.schema else []
    said = sum(len(text.encode("utf-8", "replace")) for text in texts) + sum(map(_turn, request.turns))
    images = sum(len(turn.images) for turn in request.turns)
    return said // CHARACTERS + IMAGE_TOKENS * images + OVERHEAD


def _turn(turn: Turn) -> int:
    called = sum(len(json.dumps(call.arguments)) + len(call.name) for call in turn.tool_calls)
    # What a provider needs back is mostly signatures and is not all read as text, but it is counted.
    opaque = sum(len(json.dumps(one)) for one in turn.opaque)
    return len(turn.text.encode("utf-8", "replace")) + called + opaque + 12
