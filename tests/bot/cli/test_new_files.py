import os
from pathlib import Path

import pytest

from bot.cli.new_files import create_file


def test_a_file_is_created_whole_with_its_permissions(tmp_path: Path) -> None:
    create_file(tmp_path / "a", "text ☃\n", mode=0o640)
    assert (tmp_path / "a").read_text(encoding="utf-8") == "text ☃\n"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_what_exists_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("a", "folder", "link"):
        with pytest.raises(FileExistsError):
            create_file(tmp_path / name, "new", mode=0o600)
    assert (tmp_path / "a").read_text(encoding="utf-8") == "mine"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "folder", "link"]


@pytest.mark.parametrize("there", [False, True])
def test_it_holds_where_the_file_system_has_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    if there:
        (tmp_path / "a").write_text("mine", encoding="utf-8")
        with pytest.raises(FileExistsError):
            create_file(tmp_path / "a", "new", mode=0o600)
        assert (tmp_path / "a").read_text(encoding="utf-8") == "mine"
    else:
        create_file(tmp_path / "a", "new", mode=0o600)
        assert (tmp_path / "a").read_text(encoding="utf-8") == "new"
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        create_file(tmp_path / "a", "text", mode=0o600)
    assert not list(tmp_path.iterdir())
