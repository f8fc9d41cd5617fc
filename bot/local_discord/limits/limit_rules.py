"""How many requests Discord lets through: each number with where it comes from.

Discord says that "rate limits should not be hard coded" (https://discord.com/developers/docs/topics/rate-limits): only
what is marked ``official`` is promised. The rest is lore, what staff said or bots measured, and may change any day.
"""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from bot.local_discord.model import Json

OFFICIAL = "official: https://discord.com/developers/docs/topics/rate-limits"
_ISSUES = "lore: https://github.com/discord/discord-api-docs/issues/"
_LIBRARIES = "lore: what bot libraries see in the headers"

_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
_WEBHOOK = "/webhooks/{webhook_id}/{token}"
_MEMBER = "/guilds/{guild_id}/members/{user_id}"
_COMMANDS = "/applications/{application_id}/*commands"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class LimitRule:
    """At most ``requests`` in ``seconds`` on ``routes``, which share one bucket; a window starts with its first request.

    ``routes`` are ``METHOD /route`` patterns in which ``*`` stands for anything. A rule that is not ``shared`` counts
    for each caller and top-level resource (channel, guild, or webhook with its token) on its own; the first that fits
    a request is the one in its headers. A ``shared`` rule counts all callers of one channel together, besides the
    other, and no header tells of it before it refuses. ``fields``: only requests whose body has one of them.
    ``age``: only for messages of this age in seconds, ``(0, …)`` also for messages that do not exist.
    """

    name: str
    routes: tuple[str, ...]
    requests: int
    seconds: float
    source: str = "yours"
    shared: bool = False
    fields: tuple[str, ...] = ()
    age: tuple[float, float] | None = None

    def fits(self, method: str, route: str) -> bool:
        """Whether the rule is about a route."""
        return any(fnmatchcase(f"{method} {route}", pattern) for pattern in self.routes)

    def as_json(self) -> Json:
        """The rule as ``/local/limits`` gives it."""
        return {
            "name": self.name,
            "routes": list(self.routes),
            "requests": self.requests,
            "seconds": self.seconds,
            "scope": "shared" if self.shared else "user",
            "fields": list(self.fields),
            "age": None if self.age is None else list(self.age),
            "source": self.source,
        }


RULES = (
    LimitRule("send_message", ("POST /channels/{channel_id}/messages",), 5, 5.0, _LIBRARIES),
    LimitRule("edit_message", (f"PATCH {_MESSAGE}",), 5, 5.0, _LIBRARIES),
    LimitRule("delete_new_message", (f"DELETE {_MESSAGE}",), 5, 1.0, _ISSUES + "8330", age=(0.0, 10.0)),
    LimitRule("delete_message", (f"DELETE {_MESSAGE}",), 3, 0.333, _ISSUES + "8330", age=(10.0, 14 * DAY)),
    LimitRule("delete_old_message", (f"DELETE {_MESSAGE}",), 30, 4.0, _ISSUES + "8330", age=(14 * DAY, 1e12)),
    LimitRule(
        "delete_many_messages",
        ("POST /channels/{channel_id}/messages/bulk-delete",),
        1,
        1.0,
        "lore: https://github.com/discord/discord-api-docs/pull/48",
    ),
    LimitRule(
        "react",
        (f"PUT {_MESSAGE}/reactions/*", f"DELETE {_MESSAGE}/reactions*"),
        1,
        0.25,
        _ISSUES + "182",
    ),
    LimitRule("type", ("POST /channels/{channel_id}/typing",), 5, 5.0, _LIBRARIES),
    LimitRule("edit_channel", ("PATCH /channels/{channel_id}",), 5, 15.0, _ISSUES + "1900"),
    LimitRule(
        "rename_channel",
        ("PATCH /channels/{channel_id}",),
        2,
        600.0,
        _ISSUES + "1900",
        shared=True,
        fields=("name",),
    ),
    LimitRule(
        "change_topic",
        ("PATCH /channels/{channel_id}",),
        2,
        600.0,
        _ISSUES + "2190",
        shared=True,
        fields=("topic",),
    ),
    LimitRule("execute_webhook", (f"POST {_WEBHOOK}",), 5, 2.0, _ISSUES + "367"),
    LimitRule("webhooks_of_channel", (f"POST {_WEBHOOK}",), 30, 60.0, _ISSUES + "367", shared=True),
    LimitRule("edit_member", (f"PATCH {_MEMBER}", f"* {_MEMBER}/roles/*"), 10, 10.0, _LIBRARIES),
    LimitRule("register_commands", (f"POST {_COMMANDS}", f"PUT {_COMMANDS}"), 5, 20.0, _LIBRARIES),
    LimitRule("gateway_bot", ("GET /gateway/bot",), 2, 5.0, _LIBRARIES),
)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """When requests are refused with 429; times are in seconds.

    ``route_requests`` and ``route_window`` hold for each route that no rule names (lore). The global limit and the
    number of invalid requests are official. Discord counts invalid requests (401, 403, and 429 that is not shared) by
    address; here all bots have the same, so that by default each application counts for itself. How long a ban lasts
    is lore; ``ban_answer`` is how Cloudflare words it: ``text`` with Retry-After, or the JSON that it keeps for
    Discord, without. ``people``: whether those who sit at the page are limited too.
    """

    rules: tuple[LimitRule, ...] = RULES
    route_requests: int = 5
    route_window: float = 5.0
    global_requests: int = 50
    global_window: float = 1.0
    invalid_requests: int = 10_000
    invalid_window: float = 600.0
    invalid_by: Literal["application", "address"] = "application"
    ban: float = 3600.0
    ban_answer: Literal["text", "json"] = "text"
    people: bool = False

    def as_json(self) -> Json:
        """The limits as ``/local/limits`` gives them."""
        return {
            "global": {
                "requests": self.global_requests,
                "seconds": self.global_window,
                "source": OFFICIAL,
            },
            "other_routes": {
                "requests": self.route_requests,
                "seconds": self.route_window,
                "source": _LIBRARIES,
            },
            "invalid": {
                "requests": self.invalid_requests,
                "seconds": self.invalid_window,
                "by": self.invalid_by,
                "ban": self.ban,
                "answer": self.ban_answer,
                "source": OFFICIAL,
            },
            "people": self.people,
            "rules": [rule.as_json() for rule in self.rules],
        }

    def rule(self, name: str) -> LimitRule | None:
        """The rule of this name."""
        return next((each for each in self.rules if each.name == name), None)

    def with_rule(self, rule: LimitRule) -> "RateLimits":
        """The same limits with a rule added, or in the place of the one with its name."""
        if self.rule(rule.name) is None:
            # what somebody adds is more particular than what comes with the program
            return replace(self, rules=(rule, *self.rules))
        return replace(self, rules=tuple(rule if each.name == rule.name else each for each in self.rules))

    def without(self, name: str) -> "RateLimits":
        """The same limits without the rule of this name."""
        return replace(self, rules=tuple(each for each in self.rules if each.name != name))
