"""The owner's limits: what a server may have at all, whatever its admins choose."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from bot.agents.persona import Model, Persona
from bot.agents.personas import Personas
from bot.config.agents import BudgetSection
from bot.config.models import Config, LimitsSection
from bot.errors import UserError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server may have; None means all there is."""

    cogs: AbstractSet[str] | None = None
    agents: AbstractSet[str] | None = None
    models: AbstractSet[str] | None = None
    tools: AbstractSet[str] | None = None
    budget: BudgetSection | None = None


def limits_of(config: Config, guild_id: int) -> Limits:
    """The owner's limits for a server: its own entry goes before what holds for all."""
    common = config.servers.limits
    own = next((one for one in config.servers.each if one.id == guild_id), LimitsSection())
    return Limits(
        cogs=_set(own.cogs, common.cogs),
        agents=_set(own.agents, common.agents),
        models=_set(own.models, common.models),
        tools=_set(own.tools, common.tools),
        budget=own.budget or common.budget,
    )


def permitted(config: Config, guild_id: int, persona: Persona) -> Persona:
    """The agent as it may work on a server, its budget within the owner's ceiling.

    Raises `UserError` where the owner does not let it, or its model, work there.
    """
    limits = limits_of(config, guild_id)
    if limits.agents is not None and persona.name not in limits.agents:
        raise UserError(f"The owner of this bot does not let {persona.display_name} work on this server.")
    models = tuple(one for one in persona.models if limits.models is None or one.name in limits.models)
    if not models or models[0] is not persona.model:
        raise UserError(
            f"The owner of this bot does not offer the language model of {persona.display_name} on this server."
        )
    if limits.budget is None:
        return replace(persona, models=models)
    own, most = persona.budget, limits.budget
    budget = BudgetSection(
        tokens=min(own.tokens, most.tokens),
        calls=min(own.calls, most.calls),
        seconds=min(own.seconds, most.seconds),
        money=min((one for one in (own.money, most.money) if one is not None), default=None),
        reserve=own.reserve,
    )
    return replace(persona, models=models, budget=budget)


def offered_models(config: Config, guild_id: int) -> list[str]:
    """The entries of ``models:`` that the owner lets a server use."""
    limits = limits_of(config, guild_id)
    return [name for name in config.models if limits.models is None or name in limits.models]


def permitted_model(config: Config, personas: Personas, guild_id: int, name: str) -> Model | None:
    """An entry of ``models:``, opened; None where there is none of that name or the owner does not offer it there."""
    return personas.model(name) if name in offered_models(config, guild_id) else None


def tool_allowed(config: Config, guild_id: int, server: str, tool: str) -> bool:
    """Whether the owner lets a tool be used on a server (or, 0, in direct messages)."""
    tools = limits_of(config, guild_id).tools
    return tools is None or bool(tools & {server, f"{server}.{tool}"})


def _set(own: tuple[str, ...] | None, common: tuple[str, ...] | None) -> AbstractSet[str] | None:
    chosen = common if own is None else own
    return None if chosen is None else frozenset(chosen)
