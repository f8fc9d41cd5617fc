"""Polls of Discord's: their body, who voted, and ending one (https://discord.com/developers/docs/resources/poll)."""

from http import HTTPStatus
from typing import Any

from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused
from bot.work.polls import LONGEST_ANSWER, LONGEST_QUESTION, Poll, PollVotes

PAGE = 100
_POLL = "/channels/{channel_id}/polls/{message_id}"
_OUT_OF_REACH = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN})


def poll_body(poll: Poll) -> dict[str, Any]:
    """A poll as it is posted with a message."""
    return {
        "question": {"text": poll.question[:LONGEST_QUESTION]},
        "answers": [{"poll_media": {"text": answer[:LONGEST_ANSWER]}} for answer in poll.answers],
        "duration": poll.hours,
        "allow_multiselect": poll.several,
    }


async def end_poll(api: DiscordApi, channel_id: int, message_id: int) -> None:
    """End a poll of the bot's; what Discord refuses has ended by itself, or is gone. Raises `OutsideError`."""
    try:
        await api.request("POST", f"{_POLL}/expire", channel_id=channel_id, message_id=message_id)
    except DiscordRefused:
        # Whether it is over, `poll_votes` tells.
        return


async def poll_votes(api: DiscordApi, channel_id: int, message_id: int) -> PollVotes | None:
    """Who chose what, page by page; None where it is gone or out of reach. Raises `OutsideError`."""
    try:
        message = await api.request(
            "GET",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=channel_id,
            message_id=message_id,
        )
        poll: dict[str, Any] | None = message.get("poll")
        if poll is None:
            return None
        voters = [
            await _voters(api, channel_id, message_id, int(answer["answer_id"])) for answer in poll["answers"]
        ]
    except DiscordRefused as error:
        if error.status in _OUT_OF_REACH:
            return None
        raise
    results: dict[str, Any] = poll.get("results") or {}
    # This was said before the voters were read, so that nobody can have come after them.
    return PollVotes(tuple(voters), counted=results.get("is_finalized") is True)


async def _voters(api: DiscordApi, channel_id: int, message_id: int, answer_id: int) -> tuple[int, ...]:
    found: list[int] = []
    while True:
        query = {"limit": PAGE, **({"after": found[-1]} if found else {})}
        page = await api.request(
            "GET",
            f"{_POLL}/answers/{{answer_id}}",
            query=query,
            channel_id=channel_id,
            message_id=message_id,
            answer_id=answer_id,
        )
        last = found[-1] if found else 0
        fresh = sorted({int(user["id"]) for user in page["users"]} - set(found))
        found += [one for one in fresh if one > last]
        if len(page["users"]) < PAGE or not found or found[-1] == last:
            return tuple(found)
