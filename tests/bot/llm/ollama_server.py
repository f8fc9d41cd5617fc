"""An Ollama on loopback: the routes the bot uses, in Ollama's own shapes, errors included.

After its ``docs/api.md`` and ``server/routes.go``. What the last message of the user says decides the answer.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.bot.llm.http_script import HttpScript, Received, Reply, http_script, lines

BLOB = 250_000_000


@dataclass
class Ollama:
    """``installed``: each model's capabilities. ``library``: what can be pulled. ``context`` is in characters."""

    installed: dict[str, list[str]]
    library: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    context: int = 4_000
    key: str = ""

    def answer(self, received: Received) -> Reply:
        if self.key and received.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "unauthorized")
        body = received.json
        model = body["model"]
        if received.path == "/api/pull":
            return self._pull(model)
        if model not in self.installed:
            return _error(404, f"model '{model}' not found")
        match received.path:
            case "/api/show":
                told: dict[str, Any] = {
                    "capabilities": self.installed[model],
                    "details": {},
                    "model_info": {},
                }
                return Reply(json.dumps(told), kind="application/json")
            case "/api/embed":
                vectors = [[float(len(text)), 1.0] for text in body["input"]]
                return Reply(json.dumps({"model": model, "embeddings": vectors}), kind="application/json")
            case _:
                return self._chat(body)

    def _chat(self, body: dict[str, Any]) -> Reply:
        messages: list[dict[str, Any]] = body["messages"]
        if body.get("tools") and "tools" not in self.installed[body["model"]]:
            return _error(400, f"registry.ollama.ai/library/{body['model']} does not support tools")
        length = sum(len(message["content"]) for message in messages)
        if length > self.context:
            assert body["truncate"] is False, "it would have been cut from the front"
            return _error(400, _too_long(length, self.context))
        asked = next(message for message in reversed(messages) if message["role"] == "user")
        if "too often" in asked["content"]:
            sentence = "you've reached your hourly usage limit, please upgrade to continue"
            return _error(429, sentence, {"retry-after": "7"})
        if "crash" in asked["content"]:
            return Reply(lines(_part(body, "half"), {"error": "llama runner process has terminated"}))
        if asked.get("images"):
            return _said(body, "A red square.")
        return _said(body, "Good ", "day.")

    def _pull(self, model: str) -> Reply:
        if model not in self.library:
            return Reply(
                lines({"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"})
            )
        self.installed[model] = self.library[model]
        blob = {"status": "pulling dde5aa3fc5ff", "digest": "sha256:dde5aa3fc5ff", "total": BLOB}
        steps = [{**blob, "completed": BLOB * percent // 100} for percent in (0, 25, 25, 100)]
        ends = [{"status": status} for status in ("verifying sha256 digest", "writing manifest", "success")]
        return Reply(lines({"status": "pulling manifest"}, blob, *steps, *ends))


@asynccontextmanager
async def running(ollama: Ollama) -> AsyncGenerator[HttpScript]:
    async with http_script(ollama.answer) as server:
        yield server


def _part(body: dict[str, Any], text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"model": body["model"], "created_at": "2026-01-01T00:00:00Z", "message": message, "done": False}


def _said(body: dict[str, Any], *pieces: str) -> Reply:
    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 26, "eval_count": 3, "total_duration": 5}
    return Reply(
        lines(*(_part(body, piece) for piece in pieces), {**_part(body, ""), **end}),
        kind="application/x-ndjson",
    )


def _too_long(length: int, context: int) -> str:
    """The error of the runner below it (llama.cpp), passed on as a text."""
    message = (
        f"request ({length} tokens) exceeds the available context size ({context} tokens), try increasing it"
    )
    return json.dumps({"error": {"code": 400, "message": message, "type": "exceed_context_size_error"}})


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(json.dumps({"error": message}), status, "application/json; charset=utf-8", headers or {})
