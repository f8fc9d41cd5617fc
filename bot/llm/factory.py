"""Opens a backend by its name, from a registry that plugins can add to."""

import importlib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType, ModuleType

from pydantic import SecretStr

from bot.errors import ConfigError
from bot.llm.offline.backend import OfflineBackend
from bot.llm.protocol import Backend
from bot.llm.provider import Api, Connection

type BackendFactory = Callable[[Connection], Backend]
"""Opens a backend; raises `ConfigError` where the connection lacks something it needs."""


def _openai(connection: Connection) -> Backend:
    return _with_sdk("bot.llm.openai_backend", "openai").open_openai(connection)


def _anthropic(connection: Connection) -> Backend:
    return _with_sdk("bot.llm.anthropic_backend", "anthropic").open_anthropic(connection)


def _ollama(connection: Connection) -> Backend:
    return _with_sdk("bot.llm.ollama_backend", "ollama").open_ollama(connection)


def _offline(connection: Connection) -> Backend:
    del connection
    return OfflineBackend()


BUILT_IN: Mapping[str, BackendFactory] = MappingProxyType(
    {"openai": _openai, "anthropic": _anthropic, "ollama": _ollama, "offline": _offline}
)


def open_backend(
    name: str,
    *,
    api_key: SecretStr | None = None,
    base_url: str = "",
    connect_timeout: float = 10.0,
    read_timeout: float = 120.0,
    api: Api = "auto",
    pull: bool = False,
    registry: Mapping[str, BackendFactory] = BUILT_IN,
) -> Backend:
    """The backend ``name``, ready to be asked; nothing is sent yet. Times in seconds, see `Connection`.

    Its SDK is imported here, so that an SDK nobody chose is neither needed nor loaded.

    Raises:
        ConfigError: no backend has this name, its SDK is not installed, its key is missing or ``base_url``
            is no address.
    """
    factory = registry.get(name)
    if factory is None:
        near = get_close_matches(name, registry, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(sorted(registry))}."
        raise ConfigError(f"There is no model provider {name!r}; {hint}")
    return factory(Connection(api_key, base_url, connect_timeout, read_timeout, api, pull))


def _with_sdk(module: str, sdk: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != sdk:
            raise
        sentence = f"The {sdk} model provider needs its SDK: run `pip install {sdk}` and start again."
        raise ConfigError(sentence) from error
