"""What the gateway says is put in its order; what is missing is noticed, and a new session asked for."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import pytest

from bot.clock import Clock
from bot.discord.mirror_events import Account, Change, GuildPut
from bot.discord.mirror_intake import IntakeSettings, MirrorIntake

ACCOUNT = {
    "id": "100",
    "name": "first",
    "owner_id": "1",
    "roles": [{"id": "100", "permissions": "0"}],
    "channels": [],
}


@dataclass
class Line:
    """A gateway by hand."""

    intake: MirrorIntake
    pass_time: Callable[[float], None]
    sessions: int = 0
    renewed: list[bool] = field(default_factory=list[bool])

    def connect(self) -> None:
        self.intake.connected(lambda: self.renewed.append(True))

    def frame(self, op: int, data: object = None, number: int | None = None, name: str | None = None) -> None:
        self.intake.frame(json.dumps({"op": op, "d": data, "s": number, "t": name}))

    def ready(self, number: int = 1) -> None:
        self.sessions += 1
        self.repeat_ready(number)

    def repeat_ready(self, number: int = 1) -> None:
        guilds = [{"id": "100", "unavailable": True}]
        data = {"session_id": f"s{self.sessions}", "user": {"id": "7"}, "guilds": guilds}
        self.frame(0, data, number, "READY")

    def account(self, number: int = 2) -> None:
        self.frame(0, ACCOUNT, number, "GUILD_CREATE")

    def rename(self, number: int, name: str) -> None:
        self.frame(0, {"id": "100", "name": name, "owner_id": "1"}, number, "GUILD_UPDATE")

    def names(self) -> list[str]:
        return [_name(change) for change in self.intake.take(10).changes.get(100, [])]


def _name(change: Change) -> str:
    assert isinstance(change, Account | GuildPut)
    return change.guild.name


@pytest.fixture
def line() -> Line:
    now = [0.0]

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    clock = replace(Clock(), monotonic=lambda: now[0])
    settings = IntakeSettings(gap=3.0, renew_pause=300.0, most_waiting=50)
    made = Line(MirrorIntake(clock, uuid4, settings), pass_time)
    made.connect()
    made.frame(10, {"heartbeat_interval": 41250})
    return made


def test_repeats_and_swaps_do_no_harm(line: Line) -> None:
    line.ready()
    line.account()
    line.repeat_ready()
    line.account()
    line.rename(5, "fifth")
    line.rename(3, "third")
    line.rename(5, "fifth")
    line.frame(0, {}, 4, "MESSAGE_CREATE")
    line.rename(3, "third")
    assert line.names() == ["first", "third", "fifth"]


def test_what_came_before_its_own_ready_waits_for_it(line: Line) -> None:
    line.rename(3, "third")
    line.account(2)
    line.ready(1)
    assert line.names() == ["first", "third"]


def test_what_is_missing_for_too_long_was_missed(line: Line) -> None:
    line.ready()
    line.account()
    line.rename(4, "fourth")
    assert line.intake.take(10).heard_at is None, "not everything is here"
    line.pass_time(2.9)
    line.intake.check()
    assert line.intake.session is not None
    line.pass_time(0.2)
    line.intake.check()
    assert line.intake.session is None
    line.intake.renew_if_lost()
    assert line.renewed == [True]
    line.rename(5, "fifth")
    assert line.names() == []
    line.connect()
    line.ready()
    line.account()
    assert line.names() == ["first"]


def test_new_sessions_are_not_asked_for_all_the_time(line: Line) -> None:
    for count in (1, 1, 2):
        line.ready()
        line.intake.lose("a test")
        line.intake.renew_if_lost()
        assert len(line.renewed) == count
        line.pass_time(200)


def test_a_session_that_discord_ended_is_begun_again_by_the_client(line: Line) -> None:
    line.ready()
    line.frame(9, data=True)
    assert line.intake.session is not None, "it can be resumed"
    line.frame(9, data=False)
    assert line.intake.session is None
    line.intake.renew_if_lost()
    assert line.renewed == []
    line.ready()
    line.account()
    assert line.names() == ["first"]


def test_it_is_as_fresh_as_the_last_frame_but_not_while_a_resume_is_under_way(line: Line) -> None:
    line.ready()
    line.pass_time(10)
    line.frame(11)
    assert line.intake.take(10).heard_at == 10
    line.pass_time(10)
    line.frame(10, {"heartbeat_interval": 41250})
    assert line.intake.take(10).heard_at == 10
    line.frame(0, {}, 2, "RESUMED")
    assert line.intake.take(10).heard_at == 20


def test_a_flood_is_given_up_for_a_new_session(line: Line) -> None:
    line.ready()
    line.account()
    for number in range(3, 60):
        line.rename(number, str(number))
    assert line.intake.session is None
    assert line.names() == []


def test_changes_that_could_not_be_written_go_before_newer_ones(line: Line) -> None:
    line.ready()
    line.account()
    session = line.intake.session
    assert session is not None
    batch = line.intake.take(10)
    line.rename(3, "third")
    line.intake.put_back(batch, session)
    assert line.names() == ["first", "third"]
    batch = line.intake.take(10)
    line.account(4)
    line.intake.put_back(batch, session)
    assert line.names() == ["first"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"op":0}',
        '{"op":0,"d":null,"s":1,"t":"READY"}',
        '{"op":0,"d":3,"s":2,"t":"GUILD_CREATE"}',
    ],
)
def test_what_is_no_frame_is_passed_over(line: Line, text: str) -> None:
    line.intake.frame(text)
    assert line.intake.session is None
    assert line.intake.take(10).changes == dict[int, Any]()
