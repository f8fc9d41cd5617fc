"""What the app gives to all agents of all runs: who may use which tool, who is a member, which models there are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from bot.agents.duty import DutySettings
from bot.agents.permit import Members, Permit
from bot.agents.persona import Model
from bot.agents.talk_table import Talks


@dataclass(frozen=True, slots=True)
class Agency:
    """Made once by the app."""

    permit: Permit
    members: Members
    holder: UUID
    """This process."""
    model: Callable[[int, str], Model | None]
    """An entry of ``models:`` as the owner lets it be used on a server; None where they do not."""
    talks: Talks
    duty: DutySettings = field(default_factory=DutySettings)
