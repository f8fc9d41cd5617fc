"""Webhooks of the local GitHub, signed as GitHub signs them."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.local_github.shapes import Shapes
from bot.local_github.world import Person, Pull, Repo

SECONDS = 10.0
"""How long GitHub waits for an answer."""


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(slots=True)
class Hooks:
    """Deliveries to one address; `flush` sends what has happened. Whoever is away misses it, as with GitHub."""

    url: str
    secret: str
    shapes: Shapes
    new_id: Callable[[], str] = _new_id
    waiting: list[tuple[str, bytes, str]] = field(default_factory=list[tuple[str, bytes, str]])

    def happened(self, repo: Repo, pull: Pull, event: str, action: str) -> None:
        """Remember that something is to be told."""
        body: dict[str, Any] = {
            "action": action, "number": pull.number, "repository": self.shapes.repository(repo),
            "sender": self.shapes.person(pull.author if event == "pull_request" else Person("cogswarm[bot]", 9_001, "Bot")),
            "pull_request": self.shapes.pull(repo, pull),
        }  # fmt: skip
        if event == "check_run":
            body["check_run"] = self.shapes.check(repo, pull.checks[-1])
        elif event == "pull_request_review":
            body["review"] = self.shapes.review(repo, pull, pull.reviews[-1])
        self.waiting.append((event, json.dumps(body).encode(), self.new_id()))

    async def flush(self) -> list[int]:
        """Deliver what waits; gives the answers' statuses, 0 for none."""
        found: list[int] = []
        async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
            while self.waiting:
                event, body, delivery = self.waiting.pop(0)
                try:
                    answer = await client.post(
                        self.url, content=body, headers=self.headers(event, body, delivery)
                    )
                except httpx.HTTPError:
                    found.append(0)
                else:
                    found.append(answer.status_code)
        return found

    def headers(self, event: str, body: bytes, delivery: str) -> dict[str, str]:
        """The headers of a delivery."""
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json", "user-agent": "GitHub-Hookshot/local", "x-github-event": event,
            "x-github-delivery": delivery, "x-hub-signature-256": f"sha256={signature}",
        }  # fmt: skip
