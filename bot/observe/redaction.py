"""Takes secrets out of text: those that are known, in every form they travel in, and what looks like one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.observe.known_secrets import NO_SECRETS, REDACTED, Secrets

_LOOKS_SECRET = re.compile(
    r"""
    (?<![\w-])[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,}        # a Discord bot token
  | (?<![\w-])sk-[\w-]{16,}                               # OpenAI, Anthropic and those who followed them
  | (?<![\w-])(?:gh[a-z]_|github_pat_)\w{20,}             # GitHub
  | (?i:(?<=bearer\s)|(?<=basic\s)|(?<=bearer%20))[\w.~+/=%-]{8,}
  | (?<=://)[^\s/@:"']*:[^\s/@"']+(?=@)                   # user:password in an address
  | (?<=/webhooks/)\d+/[\w-]{20,}                         # the token in a webhook's address
  | (?<=/interactions/)\d+/[\w-]{20,}                     # the token of an interaction
    """,
    re.VERBOSE,
)


@dataclass(slots=True)
class Redactor:
    """Replaces secrets in text by ``[redacted]``; further secrets may be added at any time, from any thread."""

    _known: Secrets = field(default=NO_SECRETS, repr=False)

    def add(self, secrets: Iterable[str]) -> None:
        """Register secrets: each is found as it is, escaped, url-encoded and in base64, also within longer base64.

        One with less than six characters only where it is the whole text: it is a part of many words.
        """
        self._known = Secrets({*self._known.values, *secrets})

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        if text in self._known.values:
            return REDACTED
        return _LOOKS_SECRET.sub(REDACTED, self._known.text(text))
