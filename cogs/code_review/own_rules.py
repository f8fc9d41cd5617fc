"""The repository's own rules for its reviews, read from its default branch only: a pull request cannot change them for itself.

``.github/cogswarm.toml``::

    ignore = ["docs/*", "*.lock"]          # these are not looked at
    guidelines = "Money is in cents."      # told to the agent that reviews
    confidence = 90                        # raises what the server has set, never lowers it
    [[paths]]
    match = "src/payments/*"
    guidelines = "Every change needs a test."
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cogswarm import Run
from cogswarm.review import PullRequest

PATH = ".github/cogswarm.toml"
MOST_TEXT = 8_000


class PathRule(BaseModel):
    """Guidelines for some files."""

    model_config = ConfigDict(extra="forbid")

    match: str = Field(min_length=1, max_length=300)
    guidelines: str = Field(max_length=MOST_TEXT)


class OwnRules(BaseModel):
    """What the file says; ``problem`` is why it could not be read."""

    model_config = ConfigDict(extra="forbid")

    ignore: tuple[str, ...] = Field(default=(), max_length=200)
    guidelines: str = Field(default="", max_length=MOST_TEXT)
    confidence: int = Field(default=0, ge=0, le=100)
    paths: tuple[PathRule, ...] = Field(default=(), max_length=100)

    def told(self, paths: Sequence[str]) -> str:
        """The guidelines for a change of these files."""
        fitting = [
            f"For {one.match}: {one.guidelines}"
            for one in self.paths
            if any(fnmatchcase(path, one.match) for path in paths)
        ]
        return "\n".join(filter(None, [self.guidelines, *fitting]))[:MOST_TEXT]


@dataclass(frozen=True, slots=True)
class Ruled:
    """The rules that hold; ``problem`` says why the file was left out."""

    rules: OwnRules
    problem: str = ""


async def own_rules(run: Run, pull: PullRequest) -> Ruled:
    """The rules of a pull request's repository; none where there is no such file."""
    text = await run.code.file(pull.id.repository, PATH)
    return Ruled(OwnRules()) if text is None else read(text)


def read(text: str) -> Ruled:
    """What the file's text says."""
    try:
        return Ruled(OwnRules.model_validate(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        return Ruled(OwnRules(), str(error))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return Ruled(OwnRules(), f"{place}: {first['msg']}")
