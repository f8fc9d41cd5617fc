"""A bot that deploys what somebody else than its requester has approved: ``/deploy``, two buttons and a form."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from tests.e2e.scripted_bot import Json, ScriptedBot, button, row

COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
MESSAGE, UPDATE, CHOICES, MODAL = 4, 7, 8, 9
EPHEMERAL = 64
SERVICES = {"tide-table": "Tide table", "boat-list": "Boat list", "web-site": "Web site"}
DEPLOY: Json = {
    "name": "deploy",
    "description": "Bring a new version of a service live",
    "options": [
        {
            "type": 3, "name": "service", "description": "What to deploy", "required": True, "autocomplete": True,
        },
        {"type": 3, "name": "note", "description": "What is new in it"},
    ],
}  # fmt: skip
QUESTION: Json = {
    "custom_id": "why",
    "title": "Ask the requester",
    "components": [
        {
            "type": 18, "label": "Your question", "description": "It is posted in the channel.",
            "component": {"type": 4, "custom_id": "question", "style": 2, "required": True},
        }
    ],
}  # fmt: skip


class DeployBot:
    """Answers interactions; ``done`` lists what happened, as "who did what"."""

    def __init__(self, bot: ScriptedBot, forms: dict[str, Json]) -> None:
        self._bot = bot
        self._forms = {"ask": QUESTION} | forms
        self._requester: Json = {}
        self._service = ""
        self.done: list[str] = []

    async def serve(self) -> None:
        """Answer for ever."""
        while True:
            used = await self._bot.interactions.get()
            kind, data = self._answer(used, used["member"]["user"])
            await self._bot.answer(used, kind, data)

    def _answer(self, used: Json, user: Json) -> tuple[int, Json]:
        if used["type"] == AUTOCOMPLETE:
            return CHOICES, {"choices": _fitting(used["data"]["options"])}
        if used["type"] == COMMAND:
            return MESSAGE, self._asked(used["data"], user)
        if used["type"] == FORM:
            question = used["data"]["components"][0]["component"]["value"]
            self.done.append(f"{user['username']} asks: {question}")
            return MESSAGE, _quiet(f"A question from {_name(user)}: {question}")
        pressed = used["data"]["custom_id"]
        return (MODAL, self._forms[pressed]) if pressed in self._forms else self._approved(user)

    def _asked(self, data: Json, user: Json) -> Json:
        self._requester = user
        self._service = SERVICES[data["options"][0]["value"]]
        self.done.append(f"{user['username']} asks to deploy {self._service}")
        buttons = row(button("Approve", "approve", 3), button("Ask why", "ask"))
        wish = f"{_name(user)} wants to deploy **{self._service}**. Somebody else has to approve it."
        return _quiet(wish, components=[buttons])

    def _approved(self, user: Json) -> tuple[int, Json]:
        if user["id"] == self._requester["id"]:
            self.done.append(f"{user['username']} may not approve")
            return MESSAGE, {
                "content": "You asked for it, so somebody else has to approve it.",
                "flags": EPHEMERAL,
            }
        self.done.append(f"{user['username']} approves {self._service}")
        live = f"{_name(user)} approved: **{self._service}** is live, as {_name(self._requester)} wanted."
        return UPDATE, _quiet(live, components=[])


def _fitting(options: list[Json]) -> list[Json]:
    typed = next(option["value"] for option in options if option.get("focused")).casefold()
    return [{"name": name, "value": value} for value, name in SERVICES.items() if typed in name.casefold()]


def _name(user: Json) -> str:
    return f"<@{user['id']}>"


def _quiet(content: str, **more: object) -> Json:
    return {"content": content, "allowed_mentions": {"parse": []}, **more}


@contextlib.asynccontextmanager
async def deploying(bot: ScriptedBot, forms: dict[str, Json] | None = None) -> AsyncGenerator[DeployBot]:
    """Register the command and answer until left; ``forms`` are opened by the buttons with those ids."""
    await bot.commands(DEPLOY)
    deploys = DeployBot(bot, forms or {})
    serving = asyncio.create_task(deploys.serve())
    try:
        yield deploys
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving  # says what went wrong in it, if something did
