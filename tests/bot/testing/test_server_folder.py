"""The folder of a run's server: in memory where there is plenty, shared by its processes, and never left there."""

import os
import sys
from pathlib import Path

import pytest

from bot.storage.owner_lock import owner_lock
from bot.testing.server_folder import (
    MEMORY,
    PREFIX,
    plenty_of_memory,
    remove_what_killed_runs_left,
    server_folder,
)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    place = tmp_path / "memory"
    place.mkdir()
    return place


def test_without_memory_to_spare_it_lies_with_the_runs_own_files_and_stays(tmp_path: Path) -> None:
    folder = server_folder(tmp_path / "run", None)
    assert folder.path == tmp_path / "run" / "postgres"
    assert not folder.in_memory
    folder.leave()
    assert folder.path.is_dir()


def test_in_memory_all_processes_of_a_run_share_one_which_goes_with_the_last(
    tmp_path: Path, memory: Path
) -> None:
    first, second = (server_folder(tmp_path / "run", memory) for _ in range(2))
    other = server_folder(tmp_path / "other", memory)
    assert first.path == second.path != other.path
    assert first.path.parent == other.path.parent == memory
    assert first.path.stat().st_mode & 0o777 == 0o711, "as root, the server is another user"
    assert not first.left_by_all_others()
    second.leave()
    assert first.path.is_dir()
    assert first.left_by_all_others()
    first.leave()
    assert [one.name for one in memory.iterdir()] == [other.path.name]
    other.leave()
    assert list(memory.iterdir()) == []


def test_whoever_leaves_removes_nothing_under_a_server_that_runs(tmp_path: Path, memory: Path) -> None:
    owner, other = (server_folder(tmp_path / "run", memory) for _ in range(2))
    with owner_lock(owner.path / "owner.lock") as mine:
        assert mine
        assert not owner.left_by_all_others()
        other.leave()
        assert owner.path.is_dir()
        assert owner.left_by_all_others()
    owner.leave()
    assert list(memory.iterdir()) == []


def test_a_process_of_a_run_whose_others_have_ended_gets_a_folder_anew(tmp_path: Path, memory: Path) -> None:
    first = server_folder(tmp_path / "run", memory)
    first.leave()
    late = server_folder(tmp_path / "run", memory)
    assert late.path.is_dir()
    late.leave()
    assert list(memory.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next_and_nothing_else(tmp_path: Path, memory: Path) -> None:
    killed = server_folder(tmp_path / "killed", memory)
    (killed.path / "data").mkdir()
    (killed.path / "data" / "1").write_bytes(b"1")
    lives = server_folder(tmp_path / "lives", memory)
    stranger = memory / "something"
    stranger.mkdir()
    making = memory / f"{PREFIX}making"
    making.mkdir()
    descriptor = killed._users  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the end of a process closes it
    os.close(descriptor)
    with owner_lock(killed.path / "owner.lock"):  # its server has not noticed yet
        remove_what_killed_runs_left(memory)
        assert killed.path.is_dir()
    following = server_folder(tmp_path / "following", memory)
    assert set(memory.iterdir()) == {lives.path, stranger, making, following.path}
    lives.leave()
    following.leave()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a folder")
def test_memory_counts_when_the_folder_and_the_machine_have_enough(tmp_path: Path) -> None:
    assert plenty_of_memory(tmp_path, least=1) == tmp_path
    assert plenty_of_memory(tmp_path, least=1 << 60) is None
    assert plenty_of_memory(tmp_path / "nowhere", least=1) is None
    assert plenty_of_memory() in {MEMORY, None}
