"""Makes the personas that the config names, with their prompts and the backends of their models."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.agents.declared import DeclaredAgent
from bot.agents.persona import Model, Persona
from bot.clock import Clock
from bot.config.agents import OFFLINE, AgentSection, ModelSection, PriceSection
from bot.config.models import Config
from bot.discord.rendering import spoken_name
from bot.errors import ConfigError
from bot.llm.protocol import Backend, Purpose
from bot.resources import Resources

DEFAULT_PROMPT = "agent"
PURPOSES: tuple[Purpose, ...] = ("plan", "answer", "summarize", "chat")


class Personas:
    """Every agent of the config; a name that is not there gets the default model and prompt."""

    def __init__(
        self,
        config: Config,
        resources: Resources,
        open_backend: Callable[[str, ModelSection], Backend],
        clock: Clock,
        declared: Mapping[str, DeclaredAgent] | None = None,
    ) -> None:
        """``open_backend`` gets the name of an entry of ``models:`` with it; ``declared`` is what plugins bring."""
        self._clock = clock
        self._config = config
        self._resources = resources
        self._backends: Mapping[str, Backend] = MappingProxyType(
            {name: open_backend(name, model) for name, model in config.models.items()}
        )
        self._personas = {
            name: self._persona(name, section, told)
            for name, (section, told) in _all_agents(config, declared or {}).items()
        }

    def get(self, name: str) -> Persona:
        """The persona of that name."""
        found = self._personas.get(name)
        if found is not None:
            return found
        fallback = next(iter(self._personas.values()), None)
        if fallback is None:
            raise ConfigError(f"There is no agent {name!r}; add one under `agents:` in config.yaml.")
        return replace(fallback, name=name, display_name=name.replace("_", " ").title())

    def called(self, name: str) -> str | None:
        """What the config calls the agent that speaks under a name in Discord; None where there is none."""
        spoken = (one.name for one in self._personas.values() if spoken_name(one.display_name) == name)
        return next(spoken, None)

    @property
    def names(self) -> tuple[str, ...]:
        """Every agent there is, those of the config first."""
        return tuple(self._personas)

    def model(self, name: str) -> Model:
        """An entry of ``models:``, opened."""
        section = self._config.models[name]
        free = PriceSection(input=0, output=0) if section.backend == OFFLINE else None
        return Model(name, self._backends[name], section.model or "", section.options, section.price or free)

    def backend(self, model: str) -> Backend:
        """The backend of an entry of ``models:``."""
        return self._backends[model]

    async def aclose(self) -> None:
        """Close every backend's connections."""
        await asyncio.gather(*(backend.aclose() for backend in self._backends.values()))

    def _persona(self, name: str, section: AgentSection, told: str) -> Persona:
        for wanted in (section.model, *section.fallbacks):
            if wanted not in self._backends:
                known = ", ".join(sorted(self._backends))
                raise ConfigError(f"agents.{name}.model names {wanted!r}; `models:` has {known}.")
        prompt = section.prompt or name
        return Persona(
            name=name,
            display_name=section.display_name or name.replace("_", " ").title(),
            avatar_url=section.avatar,
            instructions={purpose: self._instructions(told, prompt, purpose) for purpose in PURPOSES},
            models=tuple(self.model(one) for one in dict.fromkeys((section.model, *section.fallbacks))),
            situation=self._situation,
            tools=frozenset(section.tools),
            channels=frozenset(section.channels),
            reads=frozenset(section.reads),
            roles=frozenset(section.roles),
            delegates=frozenset(section.delegates),
            capabilities=section.capabilities,
            concurrency=section.concurrency,
            temperature=section.temperature,
            answer_tokens=section.answer_tokens,
            options=section.options,
            budget=section.budget or self._config.budgets,
            limits=section.limits,
            told_in="its plugin" if told else f"prompts/{self._file_of(prompt)}.md",
        )

    def _situation(self) -> str:
        today = self._clock.now().astimezone(ZoneInfo(self._config.timezone)).date()
        return (
            f"Today is {today.isoformat()}. Answer in the language of the question; "
            f"where that is unclear, in the language “{self._config.language}”."
        )

    def _instructions(self, told: str, prompt: str, purpose: Purpose) -> str:
        """What a plugin tells it or else its prompt file, then the rules of the purpose, which anybody may edit."""
        return f"{told or self._read(prompt)}\n\n{self._read(f'purposes/{purpose}')}"

    def _file_of(self, prompt: str) -> str:
        try:
            self._resources.prompt(prompt)
        except ConfigError:
            return DEFAULT_PROMPT
        return prompt

    def _read(self, name: str) -> str:
        try:
            return self._resources.prompt(name).read_text("utf-8").strip()
        except ConfigError:
            if name.startswith("purposes/"):
                raise
            return self._resources.prompt(DEFAULT_PROMPT).read_text("utf-8").strip()


def all_agents(config: Config, declared: Mapping[str, DeclaredAgent]) -> dict[str, AgentSection]:
    """Every agent as it works: those of the config, and those that plugins bring, as the config has changed them."""
    return {name: section for name, (section, _) in _all_agents(config, declared).items()}


def _all_agents(config: Config, declared: Mapping[str, DeclaredAgent]) -> dict[str, tuple[AgentSection, str]]:
    """Every agent with what a plugin tells it; what the config says of a plugin's agent goes before what that says."""
    first = next(iter(config.agents.values()), AgentSection())
    agents = {name: (section, "") for name, section in config.agents.items()}
    for name, brought in declared.items():
        own = config.agents.get(name)
        said = brought.model_dump(exclude_unset=True, exclude={"instructions"})
        chosen = {} if own is None else own.model_dump(exclude_unset=True)
        section = AgentSection.model_validate({"model": first.model, **said, **chosen})
        agents[name] = (section, "" if own is not None and own.prompt else brought.instructions)
    return agents
