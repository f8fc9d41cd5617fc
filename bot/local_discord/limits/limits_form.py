"""Reads rate limits: Discord's, with what somebody changed in them."""

from dataclasses import replace
from typing import Literal, cast

from bot.local_discord.form import Form
from bot.local_discord.limits.limit_rules import LimitRule, RateLimits

MOST_REQUESTS = 1_000_000
LONGEST = 30 * 86_400.0
MOST_RULES, MOST_ROUTES = 200, 50
NONE = "none"


def read_limits(form: Form) -> RateLimits:
    """Discord's limits with the changes in the form, which needs to name only what differs.

    Call ``form.problems.raise_any()`` after it.
    """
    form.only("global", "other_routes", "invalid", "people", "rules")
    limits = RateLimits(people=bool(form.boolean("people")))
    if (part := form.form("global")) is not None:
        part.only("requests", "seconds")
        requests, seconds = _pair(part, limits.global_requests, limits.global_window)
        limits = replace(limits, global_requests=requests, global_window=seconds)
    if (part := form.form("other_routes")) is not None:
        part.only("requests", "seconds")
        requests, seconds = _pair(part, limits.route_requests, limits.route_window)
        limits = replace(limits, route_requests=requests, route_window=seconds)
    if (part := form.form("invalid")) is not None:
        limits = _with_invalid(limits, part)
    rules = form.form("rules")
    if rules is None:
        return limits
    if len(rules.data) > MOST_RULES:
        form.refuse("rules", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_RULES} or fewer in length.")
        return limits
    for name in reversed(rules.data):
        limits = _with_rule(limits, rules, str(name))
    return limits


def _pair(form: Form, requests: int, seconds: float) -> tuple[int, float]:
    return (
        form.integer("requests", least=1, most=MOST_REQUESTS, default=requests) or requests,
        form.number("seconds", least=0.001, most=LONGEST, default=seconds) or seconds,
    )


def _with_invalid(limits: RateLimits, form: Form) -> RateLimits:
    form.only("requests", "seconds", "by", "ban", "answer")
    requests, seconds = _pair(form, limits.invalid_requests, limits.invalid_window)
    by = form.word("by", ("application", "address")) or limits.invalid_by
    answer = form.word("answer", ("text", "json")) or limits.ban_answer
    return replace(
        limits,
        invalid_requests=requests,
        invalid_window=seconds,
        invalid_by=cast("Literal['application', 'address']", by),
        ban=form.number("ban", least=0.001, most=LONGEST, default=limits.ban) or limits.ban,
        ban_answer=cast("Literal['text', 'json']", answer),
    )


def _with_rule(limits: RateLimits, rules: Form, name: str) -> RateLimits:
    before = limits.rule(name)
    if rules.data.get(name) == NONE:
        if before is None:
            known = ", ".join(rule.name for rule in limits.rules)
            rules.refuse(name, "BASE_TYPE_CHOICES", f"There is no such rule to take away; there are {known}.")
        return limits.without(name)
    form = rules.form(name, required=True)
    if form is None:
        return limits
    form.only("routes", "requests", "seconds", "scope", "fields", "age")
    routes = _texts(form, "routes", least=1)
    if before is None:
        for missing in ("routes", "requests", "seconds"):
            if form.data.get(missing) is None:
                form.refuse(missing, "BASE_TYPE_REQUIRED", "This field is required")
        before = LimitRule(name, (), 1, 1.0)
    requests, seconds = _pair(form, before.requests, before.seconds)
    scope = form.word("scope", ("user", "shared"))
    fields = _texts(form, "fields")
    return limits.with_rule(
        replace(
            before,
            routes=before.routes if routes is None else routes,
            requests=requests,
            seconds=seconds,
            source="yours",
            shared=before.shared if scope is None else scope == "shared",
            fields=before.fields if fields is None else fields,
            age=_age(form) or before.age,
        )
    )


def _texts(form: Form, name: str, *, least: int = 0) -> tuple[str, ...] | None:
    values = form.items(name, least=least, most=MOST_ROUTES)
    if values is None:
        return None
    if not all(isinstance(value, str) and 0 < len(value) <= 200 for value in values):  # noqa: PLR2004 - plenty for a route
        form.refuse(
            name, "STRING_TYPE_CONVERT", "Could not interpret the values as strings of 1 to 200 characters."
        )
        return None
    return tuple(str(value) for value in values)


def _age(form: Form) -> tuple[float, float] | None:
    values = form.items("age", least=2, most=2)
    if values is None:
        return None
    numbers = [
        float(each) for each in values if isinstance(each, (int, float)) and not isinstance(each, bool)
    ]
    if len(numbers) != 2 or not 0 <= numbers[0] < numbers[1]:  # noqa: PLR2004 - from and to
        form.refuse("age", "NUMBER_TYPE_COERCE", "Must be two numbers of seconds, the smaller first.")
        return None
    return numbers[0], numbers[1]
