"""A model provider for llama.cpp's own server. pyproject: [project.entry-points.cogswarm] llamacpp = "cogswarm_llamacpp"."""

from collections.abc import Callable, Mapping

from cogswarm import hookimpl
from cogswarm.llm import Backend, Connection
from cogswarm_llamacpp.backend import open_llamacpp

__all__ = ["cogswarm_backends"]


@hookimpl
def cogswarm_backends() -> Mapping[str, Callable[[Connection], Backend]]:
    """Add ``llamacpp`` to what ``backend:`` in config.yaml may name."""
    return {"llamacpp": open_llamacpp}
