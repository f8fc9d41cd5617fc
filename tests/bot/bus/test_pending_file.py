"""What another connector waited for is taken over, once; a file that is none changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.bus import pending_file
from bot.config.bridge import BridgeSection
from bot.storage.database import Database
from tests.bot.bus.bench import CHANNEL, REVIEW, Bench, bus_at
from tests.bot.bus.servers import Bus, serving

FIRST, SECOND = "8f90a1b2-1111-4222-8333-444455556666", "1c2d3e4f-2222-4333-8444-555566667777"
SECTION = BridgeSection.model_validate({"channels": {str(CHANNEL): "loom"}})


async def test_a_late_answer_to_another_connectors_question_finds_its_place(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "pending.json"
    file.write_text(
        json.dumps(
            {
                FIRST: {
                    "channel_id": str(CHANNEL),
                    "message_id": "123456",
                    "agent": "agent:Kasra",
                    "ts": 1_790_000_000,
                },
                SECOND: {"channel_id": 5, "thread_id": CHANNEL + 1, "created_at": "2026-08-15T12:00:00Z"},
                "no uuid": {"channel_id": 1},
            }
        )
    )
    bench, bus = Bench(database), Bus()
    assert [await pending_file.take_in(bench.parts, file, SECTION) for _ in range(2)] == [2, 0]
    async with serving(bus) as urls, bus_at(urls["mupot"]) as reached:
        bus.put("kasra", f"{{ack_for: {FIRST}}} one")
        bus.put("kasra", f"{{ack_for: {SECOND}}} two")
        await bench.office(reached).turn()
        sends = [one for one in bus.asked if one["tool"] == "send"]
    assert not sends
    assert await bench.said() == ["**kasra**: one"]
    assert await bench.said(CHANNEL + 1) == ["**kasra**: two"]
    assert await bench.said(REVIEW) == []


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"pending": {FIRST: {"channel": "7"}}}, 1),
        ({"requests": [{"request_id": FIRST, "channel_id": 7}, {"uuid": SECOND, "thread_id": 8}]}, 2),
        ([{"id": FIRST, "discord_channel_id": "7"}], 1),
        ([{"id": FIRST}, 1, None, "x"], 0),
        ({FIRST: {"channel_id": "-5"}}, 0),
        ({FIRST: {"channel_id": 10**30}}, 0),
        ({FIRST: "x"}, 0),
        ("x", 0),
        (None, 0),
    ],
)
def test_the_forms_that_are_understood(told: Any, found: int) -> None:
    assert len(list(pending_file.found_in(told, SECTION))) == found


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
async def test_a_file_that_cannot_be_read_is_left(database: Database, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "pending.json"
    file.write_bytes(content)
    assert await pending_file.take_in(Bench(database).parts, file, SECTION) == 0
    assert await pending_file.take_in(Bench(database).parts, tmp_path / "none", SECTION) == 0
    assert file.read_bytes() == content
