"""Takes GitHub's webhooks: what is signed rightly and new is a row, and everything else happens later.

GitHub waits ten seconds, never asks again by itself, and repeats a delivery under its old id when somebody presses
Redeliver (docs.github.com, "Handling failed webhook deliveries"). What went missing is found by looking (`bot.review.looking`).
"""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import structlog
from pydantic import SecretStr
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.clock import Clock
from bot.errors import OutsideError
from bot.review import delivery_table, pull_table, repository_table
from bot.review.events import read_event, read_look, with_numbers
from bot.storage.database import Database
from bot.web.guard import Guard
from bot.web.sentences import said

log = structlog.get_logger(__name__)

WEBHOOK = "/github/webhook"
MOST_BYTES = 25 * 1024 * 1024
"""GitHub delivers no larger payloads."""
NO_SECRET = "Webhooks are not taken here: set `github.webhook_secret`, and the same secret at GitHub."  # noqa: S105 - a sentence
NO_METHOD = "Webhooks are sent by POST."
NOT_SIGNED = "The signature is not right; set the same secret here and at GitHub."
NO_EVENT = "X-GitHub-Event and X-GitHub-Delivery have to say what this is."
NOT_READABLE = "The body has to be JSON, as application/json or as a form's `payload`."
AWAY = "It could not be written down just now; deliver it again later."
NOTED, KNOWN, PASSED_OVER = "noted", "known", "passed over"
_DELIVERY = re.compile(r"[A-Za-z0-9-]{8,100}")
_EVENT = re.compile(r"[a-z0-9_]{1,50}")
_PREFIX = "sha256="


@dataclass(frozen=True, slots=True)
class GitHubWebhook:
    """An ASGI application for one address. ``seconds`` is how long writing a row may take."""

    secret: SecretStr | None
    guard: Guard
    database: Database
    clock: Clock
    wanted: Callable[[str], bool]
    """Whether some server may see a repository (``owner/name``); what happens in others is not kept."""
    seconds: float = 5.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one delivery."""
        await (await self._answer(scope, receive))(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] != "POST":
            return said(405, NO_METHOD, {"allow": "POST"})
        secret = self.secret.get_secret_value() if self.secret is not None else ""
        if not secret:
            return said(503, NO_SECRET)
        body = await self.guard.body(receive)
        if isinstance(body, Response):
            return body
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if not is_signed(body, headers.get("x-hub-signature-256", ""), secret):
            log.warning("webhook_not_signed", size=len(body))
            return said(401, NOT_SIGNED)
        return await self._take(body, headers)

    async def _take(self, body: bytes, headers: Mapping[str, str]) -> Response:
        event, delivery = headers.get("x-github-event", ""), headers.get("x-github-delivery", "")
        if not _EVENT.fullmatch(event) or not _DELIVERY.fullmatch(delivery):
            return said(400, NO_EVENT)
        try:
            # Megabytes of JSON are read beside the loop, which has others to answer.
            payload = await asyncio.to_thread(_read, body, headers.get("content-type", ""))
            async with asyncio.timeout(self.seconds):
                outcome = await self._note(delivery, event, payload)
        except (ValueError, RecursionError):
            return said(400, NOT_READABLE)
        except (OutsideError, TimeoutError) as error:
            log.warning("webhook_not_noted", delivery=delivery, reason=str(error) or "too slow")
            return said(503, AWAY)
        log.info("webhook_taken", webhook=event, delivery=delivery, outcome=outcome)
        return Response(json.dumps({"delivery": outcome}), status_code=202, media_type="application/json")

    async def _note(self, delivery: str, event: str, payload: Any) -> str:
        told = read_event(delivery, event, payload, self.clock.now())
        if told is None or not self.wanted(told.repository.key):
            return PASSED_OVER
        look = read_look(payload) if event == "pull_request" else None
        async with self.database.transaction() as conn:
            if not told.numbers and told.head is not None:
                told = with_numbers(told, await pull_table.at(conn, told.repository.key, told.head))
            if not told.numbers:
                return PASSED_OVER
            if not await delivery_table.add(conn, told):
                return KNOWN
            await repository_table.follow(conn, [told.repository.key])
            if look is not None:
                await pull_table.note(conn, told.repository.key, look)
        return NOTED


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether ``signature`` (``sha256=…``) is that of exactly these bytes; takes the same time whatever it is."""
    ours = _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(ours.encode(), signature.strip().encode("utf-8", "replace"))


def _read(body: bytes, content_type: str) -> Any:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=10)
        return json.loads(fields.get("payload", [""])[0])
    return json.loads(body.decode("utf-8"))
