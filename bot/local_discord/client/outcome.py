"""What became of a command, a press or a form, as the person who did it sees it."""

from dataclasses import dataclass
from typing import Literal, cast

from bot.errors import OutsideError
from bot.local_discord.model import EPHEMERAL, LOADING, Json

type Answer = Literal["message", "form", "edit", "nothing", "failure"]
"""A message that was posted, a form to fill in, a change of the message whose component was used, an
acknowledgement that shows nothing, or no answer in time."""

LONGEST_REASON = 1_000


class DiscordRefused(OutsideError):
    """The local Discord refused a request; ``code`` is Discord's own, ``body`` the whole answer."""

    def __init__(self, status: int, body: Json) -> None:
        reasons = "; ".join(_reasons(body.get("errors", {}), ()))[:LONGEST_REASON]
        message = str(body.get("message", "no reason given")).rstrip(".")
        super().__init__(
            f"Discord refused the request ({status}): {message}{f': {reasons}' if reasons else ''}."
        )
        self.status = status
        self.code = int(body.get("code", 0))
        self.body = body


def _reasons(errors: object, path: tuple[str, ...]) -> list[str]:
    """Discord's nested errors as lines like ``data.options.0.value: Must be 5 or fewer``."""
    if not isinstance(errors, dict):
        return []
    found: list[str] = []
    for key, value in cast("Json", errors).items():
        if key == "_errors":
            said = (str(one.get("message", "")).rstrip(".") for one in cast("list[Json]", value))
            found.extend(f"{'.'.join(path)}: {each}" if path else each for each in said)
        else:
            found.extend(_reasons(value, (*path, key)))
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: ``answer`` says what kind of answer came, ``message`` or ``modal`` which.

    ``message`` is the answer as it was at that moment: one that was deferred is still empty.
    """

    kind: Literal["success", "failure"]
    interaction_id: str
    message: Json | None = None
    modal: Json | None = None
    answer: Answer = "nothing"

    @property
    def ok(self) -> bool:
        """Whether the application answered in time."""
        return self.kind == "success"

    @property
    def text(self) -> str:
        """What the message says; empty where there is none."""
        return "" if self.message is None else str(self.message.get("content", ""))

    @property
    def private(self) -> bool:
        """Whether only the person who asked can see the message."""
        return self._flag(EPHEMERAL)

    @property
    def deferred(self) -> bool:
        """Whether the message says only that the application is thinking."""
        return self._flag(LOADING)

    @property
    def title(self) -> str:
        """The title of the form that was opened; empty where there is none."""
        return "" if self.modal is None else str(self.modal.get("title", ""))

    def _flag(self, flag: int) -> bool:
        return self.message is not None and bool(int(self.message.get("flags", 0)) & flag)
