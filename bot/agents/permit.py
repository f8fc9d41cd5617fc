"""Whether an agent may use a tool for somebody right now: its own list, the member's rights, and what the tool does."""

from dataclasses import dataclass
from typing import Protocol

from bot.agents.persona import Persona
from bot.mcp.results import ToolInfo
from bot.work.principal import Principal


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tool that an agent is about to use; ``tainted`` says that it has read text from outside."""

    persona: Persona
    principal: Principal
    tool: ToolInfo
    tainted: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not; the model and people are told ``reason``, a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """It may once people have agreed; where nobody can be asked, ``reason`` is why it is refused."""

    reason: str


type Verdict = Allowed | Refused | Ask


class Permit(Protocol):
    """Decides about one use of a tool, at the moment of that use."""

    async def __call__(self, wanted: Wanted) -> Verdict:
        """May it?"""
        ...


class Members(Protocol):
    """Who is a member of a server at this moment."""

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int] | None:
        """The member's roles, None where they are not (any more) a member. Raises `OutsideError`."""
        ...


@dataclass(frozen=True, slots=True)
class StandardPermit:
    """The rules that hold everywhere; people are asked about a consequential use whoever asks, tainted or not."""

    members: Members

    async def __call__(self, wanted: Wanted) -> Verdict:
        """Look at the agent's list, at the tool, at the member, and at what the tool does, in this order."""
        persona, tool = wanted.persona, wanted.tool
        if not persona.may_use(tool.server, tool.name):
            return Refused(not_on_the_list(persona, tool.server, tool.name))
        if not tool.available:
            return Refused(f"{tool.name} of {tool.server} is not available just now: {tool.reason}")
        if tool.blocked:
            return Refused(tool.blocked)
        refused = await standing(self.members, persona, wanted.principal)
        if refused is not None:
            return refused
        if not tool.read_only:
            return Ask(
                f"{tool.name} of {tool.server} can change something, so a person has to agree to each use, and nobody "
                "can be asked here; an admin can say that it only reads."
            )
        return Allowed()


def not_on_the_list(persona: Persona, server: str, tool: str) -> str:
    """Why a tool is refused that nobody has given to the agent."""
    return (
        f"{persona.display_name} may not use {tool} of {server}; the owner can add {server} to "
        f"agents.{persona.name}.tools in config.yaml."
    )


async def standing(members: Members, persona: Persona, principal: Principal) -> Refused | None:
    """Why an agent does not work for a member at this moment; None where it does."""
    if not principal.guild_id:
        return None if not persona.roles else Refused(_wrong_role(persona))
    roles = await members.roles(principal.guild_id, principal.member_id)
    if roles is None:
        return Refused("Whoever asked for this is not a member of this server any more.")
    if persona.roles and not persona.roles & roles:
        return Refused(_wrong_role(persona))
    return None


def _wrong_role(persona: Persona) -> str:
    named = ", ".join(f"<@&{role}>" for role in sorted(persona.roles))
    return f"{persona.display_name} works only for people with one of these roles: {named}."
