"""A person in the local Discord, as a client: writes, runs commands, presses buttons, and hears what happens.

For tests, scripts and the demo. It needs the page's key and speaks the same routes and gateway as the page. What a
person names (a command, a button, a member) is looked up, and where it is not there the error says what is.
"""

import contextlib
import ssl
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

import httpx

from bot.errors import OutsideError, TimedOut, UserError
from bot.local_discord.client.choices import instead
from bot.local_discord.client.feed import Dispatch, Feed, listening
from bot.local_discord.client.filling import chosen_values, component_called, filled_form, filled_options
from bot.local_discord.client.interacting import (
    COMMAND,
    COMPONENT,
    FORM,
    MESSAGE_MENU,
    SLASH,
    USER_MENU,
    Interacting,
    command_data,
)
from bot.local_discord.client.member_line import File, Line
from bot.local_discord.client.names import channel_called, user_called
from bot.local_discord.client.outcome import DiscordRefused, Outcome
from bot.local_discord.model import Json

__all__ = ["DEFAULT_TIMEOUT", "DiscordRefused", "File", "Member", "Outcome", "join"]

DEFAULT_TIMEOUT = 20.0
_PRIVATE_THREAD, _PUBLIC_THREAD = 12, 11
_FORUMS = (15, 16)


class Member:
    """A person who is connected; made by :func:`join`.

    Events wait in a buffer until somebody asks for them, so nothing is missed between two calls; the newest
    ten thousand are kept. Every verb raises `DiscordRefused` with Discord's code where Discord does not allow it.
    """

    def __init__(self, line: Line, feed: Feed, user_id: str) -> None:
        self._line = line
        self._feed = feed
        self._user_id = user_id
        self._asking = Interacting(line, feed, user_id)

    @property
    def user_id(self) -> str:
        """The person's id."""
        return self._user_id

    @property
    def seen(self) -> dict[str, Json]:
        """Every message that was heard of, as it is now, by id; ephemeral ones too."""
        return self._feed.seen.messages

    @property
    def guilds(self) -> dict[str, Json]:
        """The guilds with their channels and members, as GUILD_CREATE described them, by id."""
        return self._feed.seen.guilds

    @property
    def channels(self) -> dict[str, Json]:
        """The channels and threads that were heard of, as they are now, by id."""
        return self._feed.seen.channels

    def use_language(self, locale: str) -> None:
        """Use Discord in another language (``de``) from now on; bots are told it with commands and presses."""
        self._line.speak(locale)

    # messages

    async def say(
        self, channel_id: int | str, text: str, *, files: Sequence[File] = (), reply_to: Json | None = None
    ) -> Json:
        """Write a message; gives it back as Discord stored it."""
        body: Json = {"content": text, "nonce": self._asking.nonce()}
        if reply_to is not None:
            body["message_reference"] = {"message_id": reply_to["id"], "channel_id": reply_to["channel_id"]}
        return cast("Json", await self.request("POST", f"/channels/{channel_id}/messages", body, files))

    async def edit(self, message: Json, text: str) -> Json:
        """Change what one's message says; gives it back as it is now."""
        return cast("Json", await self.request("PATCH", _path(message), {"content": text}))

    async def delete(self, message: Json) -> None:
        """Delete a message: one's own, or with the permission for it anybody's."""
        await self.request("DELETE", _path(message))

    async def messages(self, channel_id: int | str, *, limit: int = 50) -> list[Json]:
        """The newest messages of a channel or thread, at most 100, oldest first."""
        path = f"/channels/{channel_id}/messages?limit={limit}"
        return list(reversed(cast("list[Json]", await self.request("GET", path))))

    async def typing(self, channel_id: int | str) -> None:
        """Show that one is writing."""
        await self.request("POST", f"/channels/{channel_id}/typing")

    def dismiss(self, message: Json) -> None:
        """Close a message that only this person sees; nobody else, and no bot, hears of it."""
        self._feed.seen.forget(str(message["id"]))

    async def react(self, message: Json, emoji: str) -> None:
        """Put a reaction under a message: an emoji, or ``name:id`` for one of the server's own."""
        await self.request("PUT", f"{_path(message)}/reactions/{quote(emoji, safe='')}/@me")

    async def unreact(self, message: Json, emoji: str) -> None:
        """Take one's reaction back."""
        await self.request("DELETE", f"{_path(message)}/reactions/{quote(emoji, safe='')}/@me")

    async def reacted(self, message: Json, emoji: str) -> set[str]:
        """Who put a reaction under a message, by user id."""
        path = f"{_path(message)}/reactions/{quote(emoji, safe='')}?limit=100"
        return {str(user["id"]) for user in cast("list[Json]", await self.request("GET", path))}

    def saw_reaction(self, message: Json, emoji: str) -> set[str]:
        """Who put a reaction under a message while this person listened, by user id."""
        return self._feed.seen.reacted(str(message["id"]), emoji)

    async def vote(self, message: Json, *answers: str) -> None:
        """Vote in a poll for these answers, by their texts, in place of what one chose before; none takes it back.

        Raises:
            UserError: the message is no poll, or it has no such answer; what there is, is said.
        """
        found = {str(one["poll_media"]["text"]): one for one in _answers(self._now(message))}
        for answer in answers:
            if answer not in found:
                raise UserError(f"The poll has no answer {answer}; {instead(found)}.")
        body: Json = {"answer_ids": [str(found[answer]["answer_id"]) for answer in answers]}
        path = f"/channels/{message['channel_id']}/polls/{message['id']}/answers/@me"
        await self.request("PUT", path, body)

    def saw_it_go(self, message: Json) -> bool:
        """Whether a message was deleted while this person listened, or dismissed."""
        return str(message["id"]) in self._feed.seen.gone

    async def pin(self, message: Json) -> None:
        """Pin a message."""
        await self.request("PUT", f"/channels/{message['channel_id']}/messages/pins/{message['id']}")

    async def unpin(self, message: Json) -> None:
        """Take a pin away."""
        await self.request("DELETE", f"/channels/{message['channel_id']}/messages/pins/{message['id']}")

    async def pins(self, channel_id: int | str) -> list[Json]:
        """The pinned messages of a channel, the one pinned last first; at most 50."""
        page = cast("Json", await self.request("GET", f"/channels/{channel_id}/messages/pins?limit=50"))
        return [cast("Json", item["message"]) for item in page["items"]]

    # channels and threads

    async def channel(self, name: int | str, *, near: str | None = None) -> str:
        """The id of a channel or active thread by its name, on the server of channel ``near`` or else the first.

        Raises:
            UserError: none is called that; the sentence says which there are.
        """
        guild_id = next(iter(self.guilds), None) if near is None else await self._asking.guild_of(near)
        return await channel_called(self._line.get, guild_id, name)

    async def direct(self, user_id: int | str) -> str:
        """The id of the direct message channel with somebody, such as a bot; it is opened where there is none."""
        body: Json = {"recipient_id": str(user_id)}
        return str(cast("Json", await self.request("POST", "/users/@me/channels", body))["id"])

    async def open_thread(
        self,
        channel_id: int | str,
        name: str,
        *,
        under: Json | None = None,
        private: bool = False,
        text: str = "",
        archive_after: int = 4320,
    ) -> str:
        """Open a thread: under a message, by itself, or as a post of a forum, which begins with ``text``.

        Returns its id. ``archive_after`` is in minutes: 60, 1440, 4320 or 10080.
        """
        body: Json = {"name": name, "auto_archive_duration": archive_after}
        path = f"/channels/{channel_id}/threads"
        if under is not None:
            path = f"{_path(under)}/threads"
        elif self.channels.get(str(channel_id), {}).get("type") in _FORUMS:
            body["message"] = {"content": text}
        else:
            body["type"] = _PRIVATE_THREAD if private else _PUBLIC_THREAD
        return str(cast("Json", await self.request("POST", path, body))["id"])

    async def join_thread(self, thread_id: int | str) -> None:
        """Take part in a thread."""
        await self.request("PUT", f"/channels/{thread_id}/thread-members/@me")

    async def leave_thread(self, thread_id: int | str) -> None:
        """Take part no longer."""
        await self.request("DELETE", f"/channels/{thread_id}/thread-members/@me")

    async def archive(self, thread_id: int | str, *, archived: bool = True) -> None:
        """Archive a thread, or open it again."""
        await self.request("PATCH", f"/channels/{thread_id}", {"archived": archived})

    # applications

    async def commands(self, channel_id: int | str) -> list[Json]:
        """The commands that may be used in a channel."""
        return await self._asking.commands(str(channel_id))

    async def slash(
        self,
        channel_id: int | str,
        name: str,
        options: Mapping[str, object] | None = None,
        /,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        **more: object,
    ) -> Outcome:
        """Run a slash command with ``options`` and ``more``; ``name`` may go on with a group and subcommand (``"reports list"``).

        People, roles and channels are given by name or id, choices by name or value, files as bytes, as a path, or as
        a name with bytes.

        Raises:
            UserError: there is no such command, subcommand, option, person, role or channel.
            TimedOut: there was no outcome in ``timeout`` seconds.
        """
        files: list[File] = []
        given = {**(options or {}), **more}
        command, data = await self._filled(str(channel_id), name, given, files=files)
        return await self._asking.ask(
            COMMAND, str(channel_id), command["application_id"], data, timeout=timeout, files=files
        )

    async def autocomplete(
        self,
        channel_id: int | str,
        name: str,
        option: str,
        typed: str,
        options: Mapping[str, object] | None = None,
        /,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        **more: object,
    ) -> list[Json]:
        """What an application suggests for an option while ``typed`` is in it and others are filled in.

        Raises:
            UserError: there is no such command or option.
            TimedOut: it suggested nothing in ``timeout`` seconds.
        """
        given = {**(options or {}), **more, option: typed}
        command, data = await self._filled(str(channel_id), name, given, focused=option)
        return await self._asking.suggestions(
            str(channel_id), command["application_id"], data, timeout=timeout
        )

    async def menu(
        self, channel_id: int | str, name: str, target: object, *, timeout: float = DEFAULT_TIMEOUT
    ) -> Outcome:
        """Run a command from the context menu of a message (its JSON) or a person (by name, id or member).

        Raises:
            UserError: there is no such command or person.
            TimedOut: there was no outcome in ``timeout`` seconds.
        """
        message = _message_in(target)
        kind = USER_MENU if message is None else MESSAGE_MENU
        command = await self._asking.command(str(channel_id), name, kind)
        if message is not None:
            target_id = str(message["id"])
        else:
            guild_id = await self._asking.guild_of(str(channel_id))
            target_id = await user_called(self._line.get, guild_id, target)
        data = command_data(command, {"target_id": target_id})
        return await self._asking.ask(
            COMMAND, str(channel_id), command["application_id"], data, timeout=timeout
        )

    async def click(
        self,
        message: Json,
        what: str | None = None,
        *,
        values: Iterable[object] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Outcome:
        """Press a button by its label or custom id (None: the only one); with ``values`` it is a select.

        Raises:
            UserError: the message has no such button, or it is disabled or only a link; what there is, is said.
            TimedOut: there was no outcome in ``timeout`` seconds.
        """
        if values is not None:
            return await self.select(message, what, *values, timeout=timeout)
        component = component_called(self._now(message), what, selects=False)
        return await self._use(message, component, None, timeout)

    async def select(
        self, message: Json, what: str | None, *choices: object, timeout: float = DEFAULT_TIMEOUT
    ) -> Outcome:
        """Choose in a select by its placeholder or custom id (None: the only one).

        Options are given by label or value; people, roles and channels by name or id.

        Raises:
            UserError: the message has no such select, or it does not offer that; what there is, is said.
            TimedOut: there was no outcome in ``timeout`` seconds.
        """
        component = component_called(self._now(message), what, selects=True)
        guild_id = await self._asking.guild_of(str(message["channel_id"]))
        values = await chosen_values(component, choices, self._asking.value_of(guild_id, []))
        return await self._use(message, component, values, timeout)

    async def submit(
        self,
        opened: Outcome,
        filled: Mapping[str, object] | None = None,
        /,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        **values: object,
    ) -> Outcome:
        """Fill in and send the form that an outcome opened, by the inputs' custom ids or labels.

        A select takes one value or a list. What is left out keeps the text it came with.

        Raises:
            UserError: no form was opened, it has no such input, or the person's client would not send it.
            TimedOut: there was no outcome in ``timeout`` seconds.
        """
        modal = opened.modal
        if modal is None:
            raise UserError(f"No form was opened; the answer was: {opened.answer} {opened.text!r}.")
        channel_id, files = str(modal["channel_id"]), list[File]()
        value_of = self._asking.value_of(await self._asking.guild_of(channel_id), files)
        components = await filled_form(modal, {**(filled or {}), **values}, value_of)
        data: Json = {"id": modal["id"], "custom_id": modal["custom_id"], "components": components}
        return await self._asking.ask(
            FORM, channel_id, modal["application"]["id"], data, timeout=timeout, files=files
        )

    async def request(
        self, method: str, path: str, body: Json | None = None, files: Sequence[File] = ()
    ) -> object:
        """Any REST request as this person; gives the answer's JSON, None where there is none.

        Raises:
            DiscordRefused: with Discord's code.
            OutsideError: the server could not be reached.
        """
        return await self._line.request(method, path, body, files)

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

        return await self.until(newest, "A message that was waited for", timeout=timeout)

    async def until[T](
        self,
        look: Callable[[], T | None],
        what: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        poll: float | None = None,
    ) -> T:
        """What ``look`` finds, now or after some event; ``what`` begins the sentence that says it did not come.

        With ``poll`` it also looks after so many seconds without an event, for what this person does not hear of.

        Raises:
            TimedOut: it found nothing (None) in ``timeout`` seconds.
            OutsideError: the connection ended.
        """
        return await self._feed.until(look, what, timeout, poll=poll)

    def drop_events(self) -> None:
        """Forget the events that nobody has asked for."""
        self._feed.drop()

    def _now(self, message: Json) -> Json:
        """A message as it is now, which is what the person sees and presses."""
        return self.seen.get(str(message["id"]), message)

    async def _use(self, message: Json, component: Json, values: list[str] | None, timeout: float) -> Outcome:
        data: Json = {"component_type": component["type"], "custom_id": component["custom_id"]}
        if values is not None:
            data["values"] = values
        return await self._asking.ask(
            COMPONENT,
            str(message["channel_id"]),
            str(message.get("application_id") or message["author"]["id"]),
            data,
            timeout=timeout,
            message_id=str(message["id"]),
        )

    async def _filled(
        self,
        channel_id: str,
        name: str,
        options: Mapping[str, object],
        *,
        focused: str | None = None,
        files: list[File] | None = None,
    ) -> tuple[Json, Json]:
        first, *path = name.removeprefix("/").split()
        command = await self._asking.command(channel_id, first, SLASH)
        value_of = self._asking.value_of(
            await self._asking.guild_of(channel_id), [] if files is None else files
        )
        filled = await filled_options(command.get("options", []), path, options, focused, value_of)
        return command, command_data(command, {"options": filled})


def _message_in(target: object) -> Json | None:
    return cast("Json", target) if isinstance(target, dict) and "channel_id" in target else None


def _answers(message: Json) -> list[Json]:
    poll = cast("Json | None", message.get("poll"))
    if poll is None:
        raise UserError("This message is no poll.")
    return cast("list[Json]", poll["answers"])


def _path(message: Json) -> str:
    return f"/channels/{message['channel_id']}/messages/{message['id']}"


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
        base_url=base_url, headers=headers, timeout=timeout, trust_env=False, verify=_no_authority()
    ) as http:
        user_id = await _user_id(http, who)
        http.headers["X-Local-Member"] = user_id
        async with listening(base_url, key, user_id, timeout) as feed:
            yield Member(Line(http), feed, user_id)


def _no_authority() -> ssl.SSLContext:
    """Trusts nobody: the server is on this machine and speaks no TLS, and reading all certificates takes a while."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


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
    people = cast("list[Json]", scene["people"])
    for person in people:
        if wanted in (person["id"], person["username"], str(person["global_name"]).lower()):
            return str(person["id"])
    names = (str(person["username"]) for person in people)
    raise UserError(f"Nobody in the local Discord is called {who}; {instead(names)}.")
