"""One REST request on its way through: who asks, what they sent, and the answer in Discord's form."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.local_discord.form import Form, Problems, as_snowflake
from bot.local_discord.messages.uploads import Upload
from bot.local_discord.model import Application, Json
from bot.local_discord.refusals import Refusal, bad_json, invalid_form, unauthorized
from bot.local_discord.rest.body import read_body, read_raw
from bot.local_discord.stage import Actor, Stage

type Handler = Callable[[Call], Awaitable[Response]]


@dataclass(slots=True)
class Call:
    """What a route's handler is given."""

    stage: Stage
    request: Request
    who: Actor | None
    raw: bytes | None = None
    unreadable: Refusal | None = None
    value: Any = None
    uploads: list[Upload] = field(default_factory=list[Upload])

    @property
    def actor(self) -> Actor:
        """Who asks.

        Raises:
            Refusal: 401 when nobody has said.
        """
        if self.who is None:
            raise unauthorized()
        return self.who

    @property
    def application(self) -> Application:
        """The application that asks.

        Raises:
            Refusal: 401 when a person or nobody does.
        """
        if self.actor.application_id is None:
            raise unauthorized()
        return self.stage.world.applications[self.actor.application_id]

    def id(self, name: str) -> int:
        """An id from the path.

        Raises:
            Refusal: 50035 when it is none.
        """
        value = self.text(name)
        if value == "@me":
            return self.actor.user_id
        found = as_snowflake(value)
        if found is None:
            message = f'Value "{value[:100]}" is not snowflake.'
            raise invalid_form({name: {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": message}]}})
        return found

    def text(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self) -> Form:
        """The query as a form; call ``problems.raise_any()`` after reading it."""
        return Form(dict(self.request.query_params), Problems())

    def flag(self, name: str) -> bool:
        """Whether a query parameter is switched on."""
        return self.request.query_params.get(name, "").lower() in ("true", "1")

    async def raw_body(self) -> bytes:
        """The body's bytes, read once. Raises `Refusal`, again for one that could not be read."""
        if self.unreadable is not None:
            raise self.unreadable
        if self.raw is None:
            settings = self.stage.settings
            try:
                self.raw = await read_raw(
                    self.request, most=settings.request_bytes, within=settings.body_timeout
                )
            except Refusal as refusal:
                self.unreadable = refusal
                raise
        return self.raw

    async def json(self) -> Any:
        """The body's JSON value, then also in ``value``; the files beside it are in ``uploads``."""
        raw = await self.raw_body()
        self.value, self.uploads = await read_body(self.request, raw)
        return self.value

    async def form(self) -> Form:
        """The body as a form.

        Raises:
            Refusal: 50109 when it is no JSON object.
        """
        value = await self.json()
        if not isinstance(value, dict):
            raise bad_json()
        return Form(cast("Json", value), Problems())


def ok(data: object, status: int = 200) -> Response:
    """An answer with JSON; the content type must be exactly ``application/json`` for nextcord to read it."""
    return JSONResponse(data, status)


def nothing() -> Response:
    """An answer without a body."""
    return Response(status_code=204)
