"""An obedient sender is never refused, whatever limits there are; what refusals teach is heeded."""

import heapq
from dataclasses import dataclass, field
from itertools import count

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bot.discord.limits import FOREVER, Limits, LimitSettings, RouteKey, Urgency

POST = RouteKey("POST", "/channels/{channel_id}/messages", "1")
EDIT = RouteKey("PATCH", "/channels/{channel_id}/messages/{message_id}", "1")
ANSWER = RouteKey("POST", "/interactions/{id}/{token}/callback", "1", counts_globally=False)
VIA = {"Via": "1.1 google"}


@dataclass(slots=True)
class Time:
    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


@dataclass(slots=True)
class Server:
    """A bucket with a fixed window that starts with its first request, and a global one; counts what it refused."""

    limit: int
    window: float
    starts: float = -FOREVER
    used: int = 0
    second: list[float] = field(default_factory=list[float])
    refused: int = 0

    def take(self, now: float, global_limit: int) -> dict[str, str]:
        if now >= self.starts + self.window:
            self.starts, self.used = now, 0
        self.second = [at for at in self.second if at > now - 1.0] + [now]
        self.used += 1
        self.refused += self.used > self.limit or len(self.second) > global_limit
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset-After": f"{self.starts + self.window - now:.3f}",
            "X-RateLimit-Reset": f"{self.starts + self.window:.3f}",
            "X-RateLimit-Bucket": "abc",
        }


LATENCY = st.floats(0.001, 0.8)


@given(
    limit=st.integers(1, 8),
    window=st.floats(0.5, 6.0),
    latencies=st.lists(st.tuples(LATENCY, LATENCY), min_size=1, max_size=40),
    wanted=st.lists(st.floats(0.0, 10.0), min_size=1, max_size=40),
)
def test_an_obedient_sender_is_never_refused(
    limit: int, window: float, latencies: list[tuple[float, float]], wanted: list[float]
) -> None:
    time, server, order = Time(), Server(limit, window), count()
    # a margin for the answers' three decimals, and for what is under way when a second ends
    limits = Limits(time, LimitSettings(global_requests=50))
    arriving: list[tuple[float, int, str, dict[str, str]]] = []
    waiting = sorted(1_000.0 + at for at in wanted)
    sent = 0
    while waiting or arriving:
        while waiting and waiting[0] <= time.at and limits.wait(POST) == 0:
            waiting.pop(0)
            limits.begin(POST)
            up = latencies[sent % len(latencies)][0]
            heapq.heappush(arriving, (time.at + up, next(order), "server", {}))
            sent += 1
        pause = limits.wait(POST) if waiting else FOREVER
        next_try = max(waiting[0], time.at + pause + 0.002) if waiting and pause < FOREVER else FOREVER
        if arriving and arriving[0][0] <= next_try:
            time.at, number, where, headers = heapq.heappop(arriving)
            if where == "server":
                down = latencies[number % len(latencies)][1]
                answer = server.take(time.at, 50)
                heapq.heappush(arriving, (time.at + down, next(order), "client", answer))
            else:
                assert limits.learn(POST, 200, headers) is None
        else:
            assert next_try < FOREVER
            time.at = next_try
    assert server.refused == 0
    assert sent == len(wanted)


@pytest.fixture
def time() -> Time:
    return Time()


def test_before_the_first_answer_there_is_one_request(time: Time) -> None:
    limits = Limits(time)
    assert limits.wait(POST) == 0
    limits.begin(POST)
    assert limits.wait(POST) == FOREVER
    assert limits.wait(EDIT) == 0


def test_routes_that_share_a_bucket_share_what_is_left(time: Time) -> None:
    limits = Limits(time)
    counts = {"X-RateLimit-Limit": "2", "X-RateLimit-Bucket": "shared", "X-RateLimit-Reset-After": "5"}
    for route, left in ((POST, "1"), (EDIT, "0")):
        limits.begin(route)
        limits.learn(route, 200, {**counts, "X-RateLimit-Remaining": left})
    assert limits.wait(POST) == pytest.approx(5)
    other = RouteKey(POST.method, POST.template, "2")
    assert limits.wait(other) == 0
    time.at += 5.001
    assert limits.wait(POST) == 0


def test_fifty_a_second_and_answers_to_interactions_besides(time: Time) -> None:
    limits = Limits(time)
    for number in range(50):
        limits.begin(RouteKey("POST", "/x", str(number)))
    assert 0 < limits.wait(POST) <= 1
    assert limits.wait(ANSWER) == 0
    time.at += 1.001
    assert limits.wait(POST) == 0


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ({**VIA, "Retry-After": "3", "X-RateLimit-Scope": "user"}, 0.0),
        ({**VIA, "Retry-After": "3", "X-RateLimit-Scope": "shared"}, 0.0),
        ({**VIA, "Retry-After": "3", "X-RateLimit-Global": "true"}, 3.0),
        ({"Retry-After": "3"}, 60.0),
        ({}, 60.0),
    ],
)
def test_a_refusal_is_heeded(time: Time, headers: dict[str, str], elsewhere: float) -> None:
    limits = Limits(time)
    limits.begin(POST)
    pause = limits.learn(POST, 429, headers)
    assert pause is not None
    assert pause == limits.wait(POST) == (elsewhere or 3.0)
    assert limits.wait(EDIT) == elsewhere
    time.at += pause + 0.001
    assert limits.wait(EDIT) == 0


def test_where_refusals_pile_up_only_what_is_urgent_goes_on_and_then_nothing(time: Time) -> None:
    limits = Limits(time, LimitSettings(invalid_requests=20))
    for number in range(19):
        limits.begin(POST)
        limits.learn(POST, 403, {})
        assert (limits.wait(EDIT, Urgency.RESULT) > 0) == (number >= 9)
        assert (limits.wait(EDIT, Urgency.ANSWER) > 0) == (number >= 18)
        time.at += 1
    assert limits.wait(EDIT, Urgency.RESULT) == pytest.approx(600 - 10)
    time.at += 600
    assert limits.wait(EDIT, Urgency.PROGRESS) == 0


def test_what_the_resource_shares_is_no_fault_of_ours(time: Time) -> None:
    limits = Limits(time, LimitSettings(invalid_requests=2, ban=0))
    for _ in range(10):
        limits.begin(POST)
        limits.learn(POST, 429, {**VIA, "X-RateLimit-Scope": "shared", "Retry-After": "0"})
    assert limits.wait(EDIT) == 0


def test_a_lost_answer_does_not_lock_a_route_for_good(time: Time) -> None:
    limits = Limits(time)
    limits.begin(POST)
    limits.unanswered(POST)
    assert limits.wait(POST) == pytest.approx(1)
    time.at += 1.001
    assert limits.wait(POST) == 0


def test_behind_a_proxy_that_keeps_the_limits_only_its_word_counts(time: Time) -> None:
    limits = Limits(time, LimitSettings(behind_proxy=True))
    for _ in range(200):
        assert limits.wait(POST) == 0
        limits.begin(POST)
    limits.learn(POST, 429, {**VIA, "Retry-After": "2"})
    assert limits.wait(POST) == pytest.approx(2)


def test_a_clock_of_discords_that_is_set_back_locks_nothing(time: Time) -> None:
    limits = Limits(time)
    counts = {"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "5"}
    for reset in ("9000", "100", "105"):
        assert limits.wait(POST) == 0
        limits.begin(POST)
        limits.learn(POST, 200, {**counts, "X-RateLimit-Reset": reset})
        assert limits.wait(POST) == pytest.approx(5)
        time.at += 5.001


@pytest.mark.parametrize("value", ["", "NaN", "-1", "soon", "inf", "9" * 40])
def test_nonsense_in_headers_is_no_limit(time: Time, value: str) -> None:
    limits = Limits(time)
    limits.begin(POST)
    names = ("Limit", "Remaining", "Reset-After", "Bucket")
    limits.learn(POST, 200, {f"X-RateLimit-{name}": value for name in names})
    assert limits.wait(POST) == 0


def test_what_is_under_way_is_counted_when_another_channels_answer_names_the_route(time: Time) -> None:
    limits = Limits(time)
    other = RouteKey(POST.method, POST.template, "2")
    limits.begin(POST)
    limits.begin(other)
    limits.learn(POST, 200, {**VIA, "X-RateLimit-Bucket": "abc"})
    assert limits.wait(other) == FOREVER


def test_what_says_nothing_any_more_is_let_go_of(time: Time) -> None:
    limits = Limits(time, LimitSettings(most_buckets=100))
    blocked = {**VIA, "Retry-After": "600", "X-RateLimit-Bucket": "abc"}
    limits.begin(POST)
    limits.learn(POST, 429, blocked)
    for number in range(1_000):
        answer = RouteKey(ANSWER.method, ANSWER.template, str(number), counts_globally=False)
        limits.begin(answer)
        limits.learn(answer, 204, {})
    assert len(limits._buckets) <= 101  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - its size is the point
    assert limits.wait(POST) == pytest.approx(600)
