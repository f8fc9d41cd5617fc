"""What a server must not hand back to us: the secrets we gave it, in whatever form."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from bot.mcp.results import ToolInfo, ToolResult
from bot.observe.redaction import REDACTED, forms_of


class Scrub:
    """Takes the given secrets out of everything a server says, before it is shown, kept or given to a model."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in forms_of(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def text(self, text: str) -> str:
        """The text without them."""
        return text if self._known is None else self._known.sub(REDACTED, text)

    def value[T](self, value: T) -> T:
        """JSON without them."""
        return value if self._known is None else cast("T", self._value(value))

    def info(self, tool: ToolInfo) -> ToolInfo:
        """A tool's description of itself without them."""
        if self._known is None:
            return tool
        return replace(
            tool,
            title=self.text(tool.title),
            description=self.text(tool.description),
            input_schema=self.value(tool.input_schema),
            output_schema=self.value(tool.output_schema),
        )

    def result(self, result: ToolResult) -> ToolResult:
        """A result without them."""
        if self._known is None:
            return result
        return replace(
            result,
            text=self.text(result.text),
            structured=self.value(result.structured),
            blocks=self.value(list(result.blocks)),
        )

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(one) for one in cast("list[Any]", value)]
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value)
            return {self.text(key): self._value(one) for key, one in members.items()}
        return value
