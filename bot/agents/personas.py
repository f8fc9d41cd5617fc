"""Makes the personas that the config names, with their prompts and the backends of their models."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.agents.agent import Persona
from bot.clock import Clock
from bot.config.agents import AgentSection, ModelSection
from bot.config.models import Config
from bot.discord.rendering import spoken_name
from bot.errors import ConfigError
from bot.llm.protocol import Backend, Purpose
from bot.resources import Resources

DEFAULT_PROMPT = "agent"
PURPOSES: tuple[Purpose, ...] = ("plan", "answer", "summarize", "chat")

type OpenBackend = Callable[[ModelSection], Backend]


class Personas:
    """Every agent of the config; a name that is not there gets the default model and prompt."""

    def __init__(self, config: Config, resources: Resources, open_backend: OpenBackend, clock: Clock) -> None:
        self._clock = clock
        self._config = config
        self._resources = resources
        self._backends: Mapping[str, Backend] = MappingProxyType(
            {name: open_backend(model) for name, model in config.models.items()}
        )
        self._personas = {name: self._persona(name, section) for name, section in config.agents.items()}

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

    def backend(self, model: str) -> Backend:
        """The backend of an entry of ``models:``."""
        return self._backends[model]

    async def aclose(self) -> None:
        """Close every backend's connections."""
        await asyncio.gather(*(backend.aclose() for backend in self._backends.values()))

    def _persona(self, name: str, section: AgentSection) -> Persona:
        if section.model not in self._backends:
            known = ", ".join(sorted(self._backends))
            raise ConfigError(f"agents.{name}.model names {section.model!r}; `models:` has {known}.")
        prompt = section.prompt or name
        model = self._config.models[section.model]
        return Persona(
            name=name,
            display_name=section.display_name or name.replace("_", " ").title(),
            avatar_url=section.avatar,
            instructions={purpose: self._instructions(prompt, purpose) for purpose in PURPOSES},
            backend=self._backends[section.model],
            model=model.model or "",
            options=model.options,
            tools=frozenset(section.tools),
            channels=frozenset(str(channel) for channel in section.channels),
            situation=self._situation,
            budget=section.budget or self._config.budgets,
            price=model.price,
        )

    def _situation(self) -> str:
        today = self._clock.now().astimezone(ZoneInfo(self._config.timezone)).date()
        return (
            f"Today is {today.isoformat()}. Answer in the language of the question; "
            f"where that is unclear, in the language “{self._config.language}”."
        )

    def _instructions(self, prompt: str, purpose: Purpose) -> str:
        """The persona's own prompt, then the rules of the purpose; each may be replaced by the self-hoster."""
        return f"{self._read(prompt)}\n\n{self._read(f'purposes/{purpose}')}"

    def _read(self, name: str) -> str:
        try:
            return self._resources.prompt(name).read_text("utf-8").strip()
        except ConfigError:
            if name.startswith("purposes/"):
                raise
            return self._resources.prompt(DEFAULT_PROMPT).read_text("utf-8").strip()
