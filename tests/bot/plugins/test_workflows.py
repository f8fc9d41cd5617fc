"""Workflows: what `Context.start` takes itself is no parameter of theirs, for it would never reach them."""

import inspect

import pytest

from bot.errors import ConfigError
from bot.plugins.cog import TAKEN_BY_START, Work
from bot.plugins.discovery import find
from bot.plugins.loading import load
from cogswarm import Cog, Context, Run


async def titled(run: Run, title: str) -> None: ...
async def hurried(run: Run, *, key: str, priority: int) -> None: ...
async def free(run: Run, heading: str, **more: str) -> None: ...


def test_what_start_takes_is_what_workflows_may_not_be_given() -> None:
    parameters = inspect.signature(Context.start).parameters.values()
    assert {one.name for one in parameters if one.kind is one.KEYWORD_ONLY} == TAKEN_BY_START


@pytest.mark.parametrize(("body", "names"), [(titled, "title"), (hurried, "key, priority")])
def test_a_workflow_that_would_not_get_its_arguments_is_refused(body: Work, names: str) -> None:
    cog = Cog("lab", summary="Test cog")
    for declare in (cog.workflow, cog.workflow(told=False)):
        with pytest.raises(ConfigError, match=rf"takes itself \({names}\); give them other names\.$"):
            declare(body)
    assert not cog.workflows
    assert cog.workflow(free) is free


def test_no_workflow_that_is_shipped_has_such_a_parameter() -> None:
    loaded = load([one for one in find(()) if one.module.startswith("cogs.")])
    assert all(plugin.state == "loaded" for plugin in loaded.plugins), loaded.plugins
    bodies = [flow.body for cog in loaded.cogs.values() for flow in cog.workflows.values()]
    assert bodies
    for body in bodies:
        assert not TAKEN_BY_START & inspect.signature(body).parameters.keys(), body
