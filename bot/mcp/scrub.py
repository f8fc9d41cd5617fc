"""What a server must not hand back to us: the secrets we gave it, and any other, in whatever form."""

from dataclasses import dataclass, replace

from bot.mcp.results import ToolInfo, ToolResult
from bot.observe.known_secrets import Secrets


@dataclass(frozen=True, slots=True)
class Scrub:
    """Takes secrets out of everything a server says, before it is shown, kept or given to a model."""

    secrets: Secrets

    def text(self, text: str) -> str:
        """The text without them."""
        return self.secrets.text(text)

    def info(self, tool: ToolInfo) -> ToolInfo:
        """A tool's description of itself without them."""
        return replace(
            tool,
            title=self.text(tool.title),
            description=self.text(tool.description),
            input_schema=self.secrets.value(tool.input_schema),
            output_schema=self.secrets.value(tool.output_schema),
        )

    def result(self, result: ToolResult) -> ToolResult:
        """A result without them."""
        return replace(
            result,
            text=self.text(result.text),
            structured=self.secrets.value(result.structured),
            blocks=self.secrets.value(list(result.blocks)),
        )
