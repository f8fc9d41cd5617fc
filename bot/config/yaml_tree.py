"""Reads YAML into plain values and remembers the line of each, within limits that no honest file meets.

The rules are YAML 1.2's core schema, so that ``no`` and ``on`` stay text and ``010`` stays ten. Tags, anchors
and merge keys are refused: they make a file hard to point into, and small files with them can become huge.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from bot.config.problems import Place, dotted
from bot.errors import ConfigError

MOST_BYTES = 256 * 1024
DEEPEST = 20
MOST_VALUES = 20_000

type Tree = dict[str, Tree] | list[Tree] | str | int | float | bool | None
"""Plain values as YAML holds them."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?[0-9]+")
_MOST_DIGITS = 30
_OTHER_INT = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,20}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

_SENTENCES = {
    "found character '\\t'": "there is a tab here; indent with spaces only",
    "found character '%'": "a value must not start with %; put quotes around it",
    "found character '@'": "a value must not start with @; put quotes around it",
    "found character '`'": "a value must not start with `; put quotes around it",
    "mapping values are not allowed here": "a colon stands where none can; check the indentation, or put quotes around "
    "text that contains a colon",
    "could not find expected ':'": "a key without a colon; write `key: value`",
    "found '<stream end>'": "quotes or brackets were opened and not closed",
    "found unexpected end of stream": "quotes or brackets were opened and not closed",
    "expected ',' or ']'": "a list was opened with [ and not closed with ]",
    "expected ',' or '}'": "a mapping was opened with { and not closed with }",
    "expected <block end>": "the indentation does not fit the lines above; entries of one level start in one column",
    "unacceptable character": "there is a character that YAML does not allow; remove it",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands: the lines (from 1) of its key and of itself."""

    key: int
    value: int


@dataclass(slots=True)
class Document:
    """A file's values, the place of each, and what could not be read."""

    file: Path
    tree: Tree = None
    marks: dict[Place, Mark] = field(default_factory=dict[Place, Mark])
    problems: list[ConfigError] = field(default_factory=list[ConfigError])

    def line_of(self, place: Place, *, key: bool = False) -> int:
        """Return the line of a value (or its key), or of the closest thing around it that the file has."""
        while place and place not in self.marks:
            place = place[:-1]
        mark = self.marks.get(place, Mark(1, 1))
        return mark.key if key else mark.value


@dataclass(slots=True)
class _Reader:
    document: Document
    events: Iterator[Event]
    values: int = 0

    def problem(self, event: Event, sentence: str) -> None:
        line = _line(event)
        self.document.problems.append(ConfigError(sentence, file=self.document.file, line=line))

    def stop(self, event: Event, sentence: str) -> ConfigError:
        return ConfigError(sentence, file=self.document.file, line=_line(event))

    def value(self, event: Event, place: Place, key_line: int | None = None) -> Tree:
        line = _line(event)
        self.document.marks[place] = Mark(line if key_line is None else key_line, line)
        self.values += 1
        if self.values > MOST_VALUES or len(place) > DEEPEST:
            raise self.stop(
                event, f"this is more than a configuration can hold ({MOST_VALUES} values, {DEEPEST} levels)"
            )
        if isinstance(event, AliasEvent):
            self.problem(event, f"`*{event.anchor}` is not understood here; write the value out again")
            return None
        assert isinstance(event, NodeEvent)  # noqa: S101 - the parser lets no other event stand here
        if event.anchor:
            self.problem(
                event,
                f"`&{event.anchor}` is not understood here; remove it and write the value where it is used",
            )
        if getattr(event, "tag", None):
            self.problem(
                event,
                "a tag (a word that starts with !) is not understood here; remove it, or put quotes around the text",
            )
        if isinstance(event, MappingStartEvent):
            return self.mapping(place)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(place)
        assert isinstance(event, ScalarEvent)  # noqa: S101 - as above
        return plain_value(event.value) if event.style is None else self.text(event)

    def text(self, event: ScalarEvent) -> str:
        """Join surrogate pairs, as JSON escapes them; half a pair is no text at all."""
        try:
            return event.value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self.problem(event, "There is half a character (\\ud800 to \\udfff); write it out.")
            return ""

    def mapping(self, place: Place) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise self.stop(event, "a key must be a plain word; write `key: value`")
            key = self.text(event)
            if key == "<<" and event.style is None:
                self.problem(event, "`<<` is not understood here; write the keys out")
            where = (*place, key)
            if key in found:
                first = self.document.marks[where].key
                self.problem(
                    event,
                    f"`{dotted(where)}` stands here a second time (first in line {first}); keep one of the two",
                )
                self.value(next(self.events), (*place, f"{key} (again)"), _line(event))
                continue
            found[key] = self.value(next(self.events), where, _line(event))
        return found

    def sequence(self, place: Place) -> list[Tree]:
        found: list[Tree] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            found.append(self.value(event, (*place, len(found))))
        return found


def _line(event: Event) -> int:
    return 1 if event.start_mark is None else event.start_mark.line + 1


def plain_value(text: str) -> Tree:
    """Return what an unquoted word means: nothing, true or false, a number, or text."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text) if len(text) <= _MOST_DIGITS else text
    if _OTHER_INT.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def read_yaml(raw: bytes, file: Path) -> Document:
    """Read a file's bytes; what is wrong within the tree is listed in the document's ``problems``.

    Raises:
        ConfigError: the file cannot be read as YAML at all; the sentence names the line.
    """
    document = Document(file)
    if len(raw) > MOST_BYTES:
        raise ConfigError(
            f"The file is larger than {MOST_BYTES // 1024} KiB; is this the right file?", file=file
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            "There is something that is not text in UTF-8; save the file as UTF-8.", file=file, line=line
        ) from error
    try:
        _read_documents(document, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else min(mark.line, text.count("\n")) + 1
        raise ConfigError(_sentence(error.problem or ""), file=file, line=line) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(_sentence("unacceptable character"), file=file, line=line) from error
    return document


def _read_documents(document: Document, text: str) -> None:
    reader = _Reader(document, yaml.parse(text, Loader=yaml.SafeLoader))
    documents = 0
    for event in reader.events:
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise reader.stop(event, "There is more than one document; remove the line ---.")
            document.tree = reader.value(next(reader.events), ())
        elif isinstance(event, StreamEndEvent):
            break


def _sentence(problem: str) -> str:
    for part, sentence in _SENTENCES.items():
        if part in problem:
            return f"This is not YAML: {sentence}."
    return f"This is not YAML ({problem}); check indentation, quotes and colons around this line."
