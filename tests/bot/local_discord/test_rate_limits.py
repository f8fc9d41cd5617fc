"""The limiter by itself, on a clock of its own, against what Discord says of its windows."""

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.local_discord.faults.fault_script import read_script
from bot.local_discord.faults.script_deeds import READERS
from bot.local_discord.form import Form, Problems
from bot.local_discord.limits.invalid_requests import InvalidRequests
from bot.local_discord.limits.limit_rules import RULES, LimitRule, RateLimits
from bot.local_discord.limits.limits_form import read_limits
from bot.local_discord.limits.rate_limits import Ask, Limiter
from bot.local_discord.refusals import Refusal
from bot.local_discord.rest.routes import DISCORD
from tests import tools

POST = "/channels/{channel_id}/messages"
DELETE = "/channels/{channel_id}/messages/{message_id}"
DAY = 86_400.0


@dataclass(slots=True)
class Time:
    """A clock that only moves when told to; it starts where a machine that has been up for a month would be."""

    at: float = 2_678_400.123

    def now(self) -> float:
        return self.at


def limiter(limits: RateLimits, time: Time) -> Limiter:
    return Limiter(limits, time.now, lambda: time.at + 1.7e9)


def ask(
    channel: int = 1, *, caller: str = "bot", method: str = "POST", route: str = POST, **more: object
) -> Ask:
    made = Ask(caller, method, route, {"channel_id": str(channel)}, channel_id=channel)
    return replace(made, **more)  # pyright: ignore[reportArgumentType] - the tests name its own fields


@dataclass(slots=True)
class Oracle:
    """Fixed windows that start with their first request, written another way: by all times that were let through."""

    requests: int
    seconds: int
    passed: dict[object, list[int]] = field(default_factory=lambda: defaultdict(list))

    def in_window(self, key: object, now: int) -> list[int]:
        window: list[int] = []
        for each in self.passed[key]:
            if not window or each >= window[0] + self.seconds:
                window = []
            window.append(each)
        return window if window and now < window[0] + self.seconds else []

    def allows(self, key: object, now: int) -> bool:
        return len(self.in_window(key, now)) < self.requests


steps = st.lists(
    st.tuples(st.integers(0, 900), st.integers(1, 2), st.sampled_from(["a", "b"])), min_size=1, max_size=60
)


@settings(max_examples=60)
@given(steps, st.integers(1, 4), st.integers(1, 2000), st.integers(1, 6), st.integers(1, 1500), st.booleans())
def test_windows_let_exactly_so_many_through(
    moves: list[tuple[int, int, str]],
    requests: int,
    seconds: int,
    global_requests: int,
    global_seconds: int,
    shared: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    rule = LimitRule("rule", (f"POST {POST}",), requests, seconds / 1000, shared=shared)
    limits = RateLimits(
        rules=(rule,),
        route_requests=10**6,
        global_requests=global_requests,
        global_window=global_seconds / 1000,
    )
    time = Time()
    start, now = time.at, 0
    under_test = limiter(limits, time)
    everywhere, route = Oracle(global_requests, global_seconds), Oracle(requests, seconds)
    for wait, channel, caller in moves:
        now += wait
        time.at = start + now / 1000
        key = channel if shared else (caller, channel)
        expected = "global" if not everywhere.allows(caller, now) else None
        if expected is None:
            everywhere.passed[caller].append(now)
            expected = ("shared" if shared else "user") if not route.allows(key, now) else None
        if expected is not None:
            with pytest.raises(Refusal) as refused:
                under_test.count(ask(channel, caller=caller))
            refusal = refused.value
            assert refusal.headers["X-RateLimit-Scope"] == expected
            oracle, of = (everywhere, caller) if expected == "global" else (route, key)
            left = oracle.in_window(of, now)[0] + oracle.seconds - now
            assert refusal.extra["retry_after"] == pytest.approx(left / 1000)
            assert refusal.headers["Retry-After"] == str(math.ceil(left / 1000))
        else:
            headers = under_test.count(ask(channel, caller=caller))
            route.passed[key].append(now)
            if not shared:
                window = route.in_window(key, now)
                assert headers["X-RateLimit-Remaining"] == str(requests - len(window))
                assert float(headers["X-RateLimit-Reset-After"]) == pytest.approx(
                    (window[0] + seconds - now) / 1000
                )


@given(
    st.lists(st.tuples(st.integers(0, 700), st.integers(1, 3)), min_size=1, max_size=60),
    st.integers(1, 5),
    st.floats(0.001, 20.0),
)
def test_who_waits_as_told_is_never_refused(
    moves: list[tuple[int, int]], requests: int, seconds: float
) -> None:
    limits = RateLimits(rules=(), route_requests=requests, route_window=seconds, global_requests=10**6)
    time = Time()
    under_test = limiter(limits, time)
    free_at: dict[int, float] = {}
    for wait, channel in moves:
        time.at = max(time.at + wait / 1000, free_at.get(channel, 0.0))
        headers = under_test.count(ask(channel))
        if headers["X-RateLimit-Remaining"] == "0":
            free_at[channel] = time.at + float(headers["X-RateLimit-Reset-After"])


@given(st.integers(1, 5), st.floats(0.001, 20.0))
def test_who_waits_as_a_refusal_says_is_let_in(requests: int, seconds: float) -> None:
    time = Time()
    under_test = limiter(RateLimits(rules=(), route_requests=requests, route_window=seconds), time)
    for _ in range(requests):
        under_test.count(ask())
    with pytest.raises(Refusal) as refused:
        under_test.count(ask())
    time.at += refused.value.extra["retry_after"]
    under_test.count(ask())


def test_headers_are_discords() -> None:
    time = Time()
    headers = limiter(RateLimits(), time).count(ask())
    assert headers == {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "4",
        "X-RateLimit-Reset": f"{time.at + 1.7e9 + 5:.3f}",
        "X-RateLimit-Reset-After": "5.000",
        "X-RateLimit-Bucket": headers["X-RateLimit-Bucket"],
    }
    assert len(headers["X-RateLimit-Bucket"]) == 32


def test_several_routes_share_a_bucket_and_each_resource_counts_for_itself() -> None:
    under_test = limiter(RateLimits(), Time())
    message = {"channel_id": "1", "message_id": "7", "emoji": "x"}
    route = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"
    put = ask(route=route, method="PUT", params=message)
    first = under_test.count(put)
    with pytest.raises(Refusal) as refused:
        under_test.count(replace(put, method="DELETE"))
    assert refused.value.headers["X-RateLimit-Bucket"] == first["X-RateLimit-Bucket"]
    other = under_test.count(replace(put, params={**message, "channel_id": "2"}, channel_id=2))
    assert other["X-RateLimit-Bucket"] == first["X-RateLimit-Bucket"]
    under_test.count(replace(put, caller="other bot"))


def test_a_webhook_counts_by_its_token() -> None:
    limits = RateLimits(rules=(), route_requests=1)
    under_test = limiter(limits, Time())
    route = "/webhooks/{webhook_id}/{token}"
    hook = ask(route=route, params={"webhook_id": "5", "token": "a"})
    under_test.count(hook)
    under_test.count(replace(hook, params={"webhook_id": "5", "token": "b"}))
    with pytest.raises(Refusal):
        under_test.count(hook)


def test_commands_count_by_guild() -> None:
    under_test = limiter(RateLimits(rules=(), route_requests=1), Time())
    put = ask(method="PUT", route="/applications/{application_id}/guilds/{guild_id}/commands")
    for guild in ("1", "2"):
        under_test.count(replace(put, params={"application_id": "9", "guild_id": guild}))
    with pytest.raises(Refusal):
        under_test.count(replace(put, params={"application_id": "9", "guild_id": "1"}))


@pytest.mark.parametrize(
    ("age", "name"),
    [
        (None, "delete_new_message"),
        (9.9, "delete_new_message"),
        (10.0, "delete_message"),
        (14 * DAY - 1, "delete_message"),
        (14 * DAY, "delete_old_message"),
        (3000 * DAY, "delete_old_message"),
    ],
)
def test_deleting_counts_by_the_messages_age(age: float | None, name: str) -> None:
    headers = limiter(RateLimits(), Time()).count(ask(method="DELETE", route=DELETE, age=age))
    rule = RateLimits().rule(name)
    assert rule is not None
    assert headers["X-RateLimit-Limit"] == str(rule.requests)
    assert headers["X-RateLimit-Reset-After"] == f"{rule.seconds:.3f}"


def test_renaming_is_limited_for_all_bots_together_and_no_header_tells() -> None:
    time = Time()
    under_test = limiter(RateLimits(), time)
    edit = ask(method="PATCH", route="/channels/{channel_id}", fields=frozenset({"name"}))
    under_test.count(edit)
    assert under_test.count(replace(edit, caller="other"))["X-RateLimit-Remaining"] == "4"
    with pytest.raises(Refusal) as refused:
        under_test.count(edit)
    answer = refused.value
    assert (answer.status, answer.message) == (429, "The resource is being rate limited.")
    assert answer.headers["X-RateLimit-Scope"] == "shared"
    assert answer.headers["X-RateLimit-Remaining"] == "3"
    assert answer.headers["Retry-After"] == "600"
    assert "X-RateLimit-Global" not in answer.headers
    under_test.count(replace(edit, fields=frozenset({"topic"})))
    under_test.count(replace(edit, params={"channel_id": "2"}, channel_id=2))


def test_the_global_limit_leaves_interactions_out_and_says_nothing_of_buckets() -> None:
    under_test = limiter(RateLimits(global_requests=1, route_requests=100), Time())
    under_test.count(ask(route="/users/@me", params={}))
    with pytest.raises(Refusal) as refused:
        under_test.count(ask(2))
    assert {name for name in refused.value.headers if name.startswith("X-RateLimit")} == {
        "X-RateLimit-Global",
        "X-RateLimit-Scope",
    }
    assert refused.value.extra["global"] is True
    under_test.count(ask(route="/interactions/{interaction_id}/{token}/callback", interaction=True))


def test_old_windows_are_forgotten_and_live_ones_are_not() -> None:
    time = Time()
    limits = RateLimits(rules=(), route_requests=1, route_window=10.0, global_requests=10**6)
    under_test = limiter(limits, time)
    under_test.count(ask(1))
    for channel in range(2, 5000):
        under_test.count(ask(channel))
    with pytest.raises(Refusal):
        under_test.count(ask(1))
    time.at += 11
    for channel in range(5000, 20_000):
        under_test.count(ask(channel))
    assert len(under_test._windows) <= 15_010  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - memory is what is tested


def test_every_rule_is_about_a_route_that_is_there_and_says_where_it_comes_from() -> None:
    routes = [(method, route) for route, handlers in DISCORD.items() for method in handlers]
    routes.append(("GET", "/gateway/bot"))
    for rule in RULES:
        assert any(rule.fits(method, route) for method, route in routes), rule.name
        assert rule.source.startswith(("official: ", "lore: ")), rule.name
    assert len({rule.name for rule in RULES}) == len(RULES)


# invalid requests


def test_too_many_invalid_requests_are_a_ban_that_ends() -> None:
    time = Time()
    limits = RateLimits(invalid_requests=3, invalid_window=600, ban=60)
    counted = InvalidRequests(limits, time.now)
    for status, shared in ((401, False), (200, False), (404, False), (429, True), (403, False)):
        counted.note("bot", status, shared=shared)
    assert counted.banned_for("bot") == 0
    assert counted.counts() == {"bot": (2, 0.0)}
    counted.note("bot", 429, shared=False)
    assert counted.banned_for("bot") == pytest.approx(60)
    assert counted.banned_for("other") == 0
    time.at += 60.1
    assert counted.banned_for("bot") == 0
    assert counted.counts() == {}


def test_invalid_requests_of_an_earlier_window_do_not_count() -> None:
    time = Time()
    counted = InvalidRequests(RateLimits(invalid_requests=2, invalid_window=600), time.now)
    counted.note("bot", 403, shared=False)
    time.at += 600
    counted.note("bot", 403, shared=False)
    assert counted.banned_for("bot") == 0


def test_the_documentation_has_every_number() -> None:
    text = (tools.ROOT / "docs" / "local-discord.md").read_text(encoding="utf-8")
    for rule in RULES:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{rule.name}` |"))
        _, _, numbers, _, scope, source, _ = (cell.strip() for cell in row.split("|"))
        assert numbers == f"{rule.requests} in {rule.seconds:g} s", rule.name
        assert scope == ("shared" if rule.shared else "user"), rule.name
        assert source.startswith(rule.source.partition(":")[0]), rule.name
        if "https:" in rule.source:
            assert rule.source.partition(": ")[2] in source, rule.name


def test_the_examples_in_the_documentation_are_right() -> None:
    text = (tools.ROOT / "docs" / "local-discord.md").read_text(encoding="utf-8")
    examples = [block.partition("```")[0] for block in text.split("```yaml\n")[1:]]
    limits = next(each for each in examples if "other_routes" in each)
    script = next(each for each in examples if "random:" in each)
    problems = Problems()
    read_limits(Form(yaml.safe_load(limits), problems))
    read_script(Form(yaml.safe_load(script), problems), READERS)
    assert problems.found == []
