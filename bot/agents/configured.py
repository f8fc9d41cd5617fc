"""The agents that the configuration and plugins name: each with its model, and what all are sent with."""

from functools import partial
from uuid import uuid4

from bot.agents.duty import DutySettings
from bot.agents.permit import Members, StandardPermit
from bot.agents.personas import Personas
from bot.agents.talk_table import Talks
from bot.clock import Clock
from bot.config.agents import ModelSection
from bot.config.loaded import LoadedConfig
from bot.config.models import Config
from bot.llm.breaker import BACKEND_FAILURES, guarded
from bot.llm.breakers import Breakers
from bot.llm.discreet import discreet
from bot.llm.factory import open_backend
from bot.llm.protocol import Backend
from bot.llm.retry import retrying
from bot.llm.time_limits import TimeLimits, timed
from bot.observe.known_secrets import telling
from bot.plugins.loading import Loaded
from bot.plugins.owner import permitted_model
from bot.resources import Resources
from bot.storage.database import Database
from bot.work.agency import Agency


def personas_of(loaded: LoadedConfig, plugins: Loaded, breakers: Breakers, clock: Clock) -> Personas:
    """Who the agents are; a model is opened when one of them first asks it. To be closed."""

    def opened(name: str, model: ModelSection) -> Backend:
        limits = TimeLimits(model.timeouts.first, model.timeouts.silence, model.timeouts.total)
        backend = open_backend(
            model.backend,
            api_key=model.api_key,
            base_url=model.base_url or "",
            connect_timeout=model.timeouts.connect,
            read_timeout=max(limits.first, limits.silence),
            api=model.api,
            pull=model.pull,
            registry=plugins.backends,
        )
        breaker = breakers.get(f"the model {name}", failures=BACKEND_FAILURES)
        return discreet(guarded(retrying(timed(backend, limits), clock=clock), breaker), secrets)

    secrets = telling(loaded.secrets())
    resources = Resources(config_folder=loaded.folder)
    return Personas(loaded.config, resources, opened, clock, plugins.agents)


def agency_of(
    config: Config, personas: Personas, members: Members, database: Database, duty: DutySettings
) -> Agency:
    """What this process gives to all agents of all runs."""
    return Agency(
        permit=StandardPermit(members),
        members=members,
        holder=uuid4(),
        model=partial(permitted_model, config, personas),
        talks=Talks(database, config.between_agents),
        duty=duty,
    )
