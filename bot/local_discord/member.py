"""A person in the local Discord, as a client: writes, runs commands, presses buttons, and hears what happens.

For tests, scripts and the demo. It needs the page's key and speaks the same routes and gateway as the page.
"""

import contextlib
import itertools
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import quote

import httpx

from bot.errors import OutsideError, TimedOut, UserError
from bot.local_discord.feed import Dispatch, Feed, listening
from bot.local_discord.filling import component_called, filled_options
from bot.local_discord.model import Json

DEFAULT_TIMEOUT = 10.0
_ENDINGS = ("INTERACTION_SUCCESS", "INTERACTION_FAILURE", "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE")


class DiscordRefused(OutsideError):
    """The local Discord refused a request; ``code`` is Discord's own."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"Discord refused the request ({status}): {body.get('message', 'no reason given')}.")
        self.status = status
        self.code = int(body.get("code", 0))
        self.body = body


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command, a press or a form.

    ``message`` is the application's answer as it was at that moment (a deferred one is still empty), ``modal``
    the form it opened instead.
    """

    kind: Literal["success", "failure"]
    interaction_id: str
    message: Json | None = None
    modal: Json | None = None

    @property
    def ok(self) -> bool:
        """Whether the application answered in time."""
        return self.kind == "success"


class Member:
    """A person who is connected; made by :func:`join`.

    Events wait in a buffer until somebody asks for them, so nothing is missed between two calls; the newest
    ten thousand are kept.
    """

    def __init__(self, http: httpx.AsyncClient, feed: Feed, user_id: str) -> None:
        self.user_id = user_id
        self._http = http
        self._feed = feed
        self._nonces = itertools.count(1)

    @property
    def seen(self) -> dict[str, Json]:
        """Every message that was heard of, as it is now, by id; ephemeral ones too."""
        return self._feed.seen

    @property
    def guilds(self) -> dict[str, Json]:
        """The guilds with their channels and members, as GUILD_CREATE described them, by id."""
        return self._feed.guilds

    # what a person does

    async def say(self, channel_id: int | str, text: str, *, reply_to: Json | None = None) -> Json:
        """Write a message; gives it back as Discord stored it.

        Raises:
            DiscordRefused: it may not be written there.
        """
        body: Json = {"content": text, "nonce": self._nonce()}
        if reply_to is not None:
            body["message_reference"] = {"message_id": reply_to["id"], "channel_id": reply_to["channel_id"]}
        return cast("Json", await self.request("POST", f"/channels/{channel_id}/messages", body))

    async def messages(self, channel_id: int | str, *, limit: int = 50) -> list[Json]:
        """The newest messages of a channel or thread, oldest first."""
        path = f"/channels/{channel_id}/messages?limit={limit}"
        return list(reversed(cast("list[Json]", await self.request("GET", path))))

    async def react(self, message: Json, emoji: str) -> None:
        """Put a reaction under a message."""
        await self.request("PUT", f"{_path(message)}/reactions/{quote(emoji, safe='')}/@me")

    async def unreact(self, message: Json, emoji: str) -> None:
        """Take one's reaction back."""
        await self.request("DELETE", f"{_path(message)}/reactions/{quote(emoji, safe='')}/@me")

    async def commands(self, channel_id: int | str) -> list[Json]:
        """The commands that may be used in a channel."""
        index = cast("Json", await self.request("GET", f"/channels/{channel_id}/application-command-index"))
        return cast("list[Json]", index["application_commands"])

    async def slash(
        self, channel_id: int | str, name: str, *, timeout: float = DEFAULT_TIMEOUT, **options: object
    ) -> Outcome:
        """Run a slash command; ``name`` may go on with a group and subcommand (``"reports list"``).

        Raises:
            UserError: there is no such command or option.
            DiscordRefused: Discord did not accept what was filled in.
            TimedOut: there was no outcome in ``timeout`` seconds.
        """
        command, data = await self._filled(channel_id, name, options)
        return await self._interact(2, channel_id, command["application_id"], data, timeout=timeout)

    async def autocomplete(
        self,
        channel_id: int | str,
        name: str,
        option: str,
        typed: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        **filled: object,
    ) -> list[Json]:
        """What an application suggests for an option while ``typed`` is in it.

        Raises:
            TimedOut: it suggested nothing in ``timeout`` seconds.
        """
        command, data = await self._filled(channel_id, name, {**filled, option: typed}, focused=option)
        nonce = await self._send(4, channel_id, command["application_id"], data)
        answer = await self.wait_for(lambda event: _ends(event, nonce), timeout=timeout)
        return cast("list[Json]", answer.data.get("choices", []))

    async def click(
        self,
        message: Json,
        what: str,
        *,
        values: Iterable[str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Outcome:
        """Press a button by its label or custom id, or choose ``values`` in a select.

        Raises:
            UserError: the message has no such component.
            TimedOut: there was no outcome in ``timeout`` seconds.
        """
        component = component_called(message, what)
        data: Json = {"component_type": component["type"], "custom_id": component["custom_id"]}
        if values is not None:
            data["values"] = list(values)
        application_id = message.get("application_id") or message["author"]["id"]
        return await self._interact(
            3, message["channel_id"], application_id, data, timeout=timeout, message_id=message["id"]
        )

    async def submit(self, opened: Outcome, *, timeout: float = DEFAULT_TIMEOUT, **values: str) -> Outcome:
        """Fill in and send the form that an outcome opened, by the inputs' custom ids.

        Raises:
            UserError: no form was opened.
        """
        modal = opened.modal
        if modal is None:
            raise UserError("No form was opened; look at the outcome's message instead.")
        rows = [
            {
                "type": 1,
                "components": [{**each, "value": values.get(each["custom_id"], each.get("value", ""))}],
            }
            for row in modal["components"]
            for each in row.get("components", [])
        ]
        data: Json = {"id": modal["id"], "custom_id": modal["custom_id"], "components": rows}
        return await self._interact(5, modal["channel_id"], modal["application"]["id"], data, timeout=timeout)

    async def request(self, method: str, path: str, body: Json | None = None) -> object:
        """Any REST request as this person; gives the answer's JSON, None where there is none.

        Raises:
            DiscordRefused: with Discord's code.
            OutsideError: the server could not be reached.
        """
        try:
            response = await self._http.request(method, f"/api/v10{path}", json=body)
        except httpx.TimeoutException as error:
            raise TimedOut(f"The local Discord did not answer {method} {path} in time.") from error
        except httpx.HTTPError as error:
            raise OutsideError(f"The local Discord cannot be reached: {error}.") from error
        answer: object = response.json() if response.content else None
        if response.is_error:
            raise DiscordRefused(
                response.status_code, cast("Json", answer) if isinstance(answer, dict) else {}
            )
        return answer

    # what a person notices

    async def wait_for(
        self, fits: Callable[[Dispatch], bool], *, timeout: float = DEFAULT_TIMEOUT
    ) -> Dispatch:
        """Take the oldest event that fits out of the buffer, or the next one that comes; others stay in it.

        Raises:
            TimedOut: none came in ``timeout`` seconds.
            OutsideError: the connection ended.
        """
        return await self._feed.until(lambda: self._feed.take(fits), "An event that was waited for", timeout)

    async def message_where(self, fits: Callable[[Json], bool], *, timeout: float = DEFAULT_TIMEOUT) -> Json:
        """A message that fits as it is now, among those heard of or the next that comes or changes.

        Raises:
            TimedOut: there was none in ``timeout`` seconds.
            OutsideError: the connection ended.
        """

        def newest() -> Json | None:
            return next((message for message in reversed(self.seen.values()) if fits(message)), None)

        return await self._feed.until(newest, "A message that was waited for", timeout)

    def drop_events(self) -> None:
        """Forget the events that nobody has asked for."""
        self._feed.drop()

    # interactions

    def _nonce(self) -> str:
        return f"{self.user_id[-12:]}-{next(self._nonces)}"

    async def _filled(
        self, channel_id: int | str, name: str, options: dict[str, object], *, focused: str | None = None
    ) -> tuple[Json, Json]:
        first, *path = name.split()
        command = next((c for c in await self.commands(channel_id) if c["name"] == first), None)
        if command is None:
            raise UserError(f"There is no command /{first} here.")
        data: Json = {
            "id": command["id"],
            "name": command["name"],
            "type": command["type"],
            "version": command["version"],
            "options": filled_options(command.get("options", []), path, options, focused),
        }
        return command, data

    async def _send(
        self, kind: int, channel_id: int | str, application_id: str, data: Json, message_id: str | None = None
    ) -> str:
        nonce = self._nonce()
        body: Json = {
            "type": kind,
            "application_id": application_id,
            "channel_id": str(channel_id),
            "session_id": "member",
            "nonce": nonce,
            "data": data,
        }
        if message_id is not None:
            body["message_id"] = message_id
        await self.request("POST", "/interactions", body)
        return nonce

    async def _interact(
        self,
        kind: int,
        channel_id: int | str,
        application_id: str,
        data: Json,
        *,
        timeout: float,
        message_id: str | None = None,
    ) -> Outcome:
        nonce = await self._send(kind, channel_id, application_id, data, message_id)
        ending = await self.wait_for(lambda event: _ends(event, nonce), timeout=timeout)
        identifier = str(ending.data["id"])
        if ending.name == "INTERACTION_FAILURE":
            return Outcome("failure", identifier)
        modal = self._feed.take(lambda e: e.name == "INTERACTION_MODAL_CREATE" and e.data["id"] == identifier)
        answer = next(
            (m for m in self.seen.values() if m.get("interaction_metadata", {}).get("id") == identifier), None
        )
        if answer is None and modal is None and message_id is not None:
            answer = self.seen.get(message_id)
        return Outcome("success", identifier, message=answer, modal=None if modal is None else modal.data)


def _path(message: Json) -> str:
    return f"/channels/{message['channel_id']}/messages/{message['id']}"


def _ends(event: Dispatch, nonce: str) -> bool:
    return event.name in _ENDINGS and event.data.get("nonce") == nonce


@contextlib.asynccontextmanager
async def join(
    base_url: str, key: str, who: int | str | None = None, *, timeout: float = DEFAULT_TIMEOUT
) -> AsyncGenerator[Member]:
    """Be a person while the block runs: by user id, by user name, or (None) the scene's default one.

    Raises:
        UserError: nobody is called that.
        OutsideError: the server cannot be reached or the key is wrong.
        TimedOut: it did not answer in ``timeout`` seconds.
    """
    headers = {"X-Local-Key": key}
    async with httpx.AsyncClient(
        base_url=base_url, headers=headers, timeout=timeout, trust_env=False
    ) as http:
        user_id = await _user_id(http, who)
        http.headers["X-Local-Member"] = user_id
        async with listening(base_url, key, user_id, timeout) as feed:
            yield Member(http, feed, user_id)


async def _user_id(http: httpx.AsyncClient, who: int | str | None) -> str:
    try:
        response = await http.get("/local/scene")
        response.raise_for_status()
        scene: Any = response.json()
    except httpx.TimeoutException as error:
        raise TimedOut("The local Discord did not answer in time.") from error
    except httpx.HTTPError as error:
        raise OutsideError(f"The local Discord cannot be reached: {error}.") from error
    if who is None:
        return str(scene["default_member"])
    wanted = str(who).lower()
    for person in cast("list[Json]", scene["people"]):
        if wanted in (person["id"], person["username"], str(person["global_name"]).lower()):
            return str(person["id"])
    raise UserError(f"Nobody in the local Discord is called {who}.")
