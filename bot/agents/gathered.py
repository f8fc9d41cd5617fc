"""What one conversation of an agent has brought so far, out of which its reply is made."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.agents.asking import Round
from bot.agents.pictures import as_files
from bot.agents.reply import Ending, Reply
from bot.agents.using import Used
from bot.llm.protocol import Image, Turn, Usage
from bot.work.surface import File


@dataclass(slots=True)
class Gathered:
    """Notes for people, what was used and left out, pictures and files, what it took, and the turns that were added."""

    model: str = ""
    """The entry that answered last."""
    notes: list[str] = field(default_factory=list[str])
    left_out: list[str] = field(default_factory=list[str])
    used: list[str] = field(default_factory=list[str])
    turns: list[Turn] = field(default_factory=list[Turn])
    _images: list[Image] = field(default_factory=list[Image])
    _files: list[File] = field(default_factory=list[File])
    _usage: Usage = field(default_factory=Usage)

    def hear(self, answer: Round) -> None:
        """A model has answered."""
        self.notes += [note for note in answer.notes if note not in self.notes]
        self._usage = _sum(self._usage, answer.usage)
        self.model = answer.model

    def take(self, used: Used) -> None:
        """A tool was used, or was not."""
        self._usage = _sum(self._usage, used.usage)
        self._images += used.images
        self._files += as_files(used.images, used.name, before=len(self._files))
        if used.refused:
            self.left_out.append(f"{used.name}: {used.text}")
        else:
            self.used.append(used.name)

    def leave_out(self, whys: Iterable[str]) -> None:
        """Something was not done any more."""
        self.left_out += whys

    def reply(self, text: str, ended: Ending, *, tainted: bool) -> Reply:
        """All of it, with the words of the answer."""
        return Reply(
            text=text,
            ended=ended,
            model=self.model,
            notes=tuple(self.notes),
            left_out=tuple(dict.fromkeys(self.left_out)),
            used=tuple(self.used),
            images=tuple(self._images),
            files=tuple(self._files),
            usage=self._usage,
            tainted=tainted,
            turns=tuple(self.turns),
        )


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        one.cached_tokens + other.cached_tokens,
    )
