"""Files: into messages, through edits and forwards, and out again at addresses where nothing of them can run."""

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.local_discord.files import DirectoryFiles
from bot.local_discord.messages.image_size import kind_of, size_of
from bot.local_discord.messages.uploads import safe_name
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api

type Json = dict[str, Any]
type File = tuple[str, bytes, str]


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + b"\0" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


async def sent(api: Api, path: str, body: Json, files: list[File], *, method: str = "POST") -> httpx.Response:
    parts = {f"files[{index}]": file for index, file in enumerate(files)}
    return await api.call(method, path, data={"payload_json": json.dumps(body)}, files=parts)


async def posted(api: Api, channel: Channel, body: Json, *files: File) -> Json:
    response = await sent(api, f"/channels/{channel.id}/messages", body, list(files))
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


def text(name: str, content: bytes = b"hello") -> File:
    return name, content, "text/plain"


async def test_names_are_made_safe_and_pictures_measured(bot_api: Api, research: Channel) -> None:
    listed = [{"id": 0, "description": "tides", "is_spoiler": True}, {"id": 1, "filename": "My räpport.txt"}]
    message = await posted(
        bot_api,
        research,
        {"attachments": listed},
        ("a.png", png(7, 5), "application/octet-stream"),
        text("x"),
    )
    picture, report = message["attachments"]
    assert (picture["width"], picture["height"], picture["content_type"]) == (7, 5, "image/png")
    assert (picture["description"], picture["flags"]) == ("tides", 8)
    assert (report["filename"], report["title"]) == ("My_rpport.txt", "My räpport")
    assert "width" not in report


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a b/../note.txt", ("note.txt", None)),
        ("C:\\temp\\y.txt", ("y.txt", None)),
        ("имя.png", ("unknown.png", "имя")),
        ("a\r\nX-Evil: 1.txt", ("aX-Evil_1.txt", "a\r\nX-Evil: 1")),
        ('"quoted".txt', ("quoted.txt", '"quoted"')),
        ("a.tar.gz", ("a.tar.gz", None)),
        ("", ("unknown", None)),
        ("..", ("unknown", ".")),
    ],
)
def test_file_names(given: str, expected: tuple[str, str | None]) -> None:
    assert safe_name(given) == expected


@given(st.text(max_size=400))
def test_any_file_name_becomes_a_plain_one(name: str) -> None:
    made, _ = safe_name(name)
    assert made
    assert made.isascii()
    assert len(made) < 500
    assert not set(made) & set("/\\\"'<>&?#% \r\n\0")
    assert not made.startswith(".")
    assert safe_name(made) == (made, None) or len(made) > 200


async def test_attachments_say_what_stays_after_an_edit(bot_api: Api, research: Channel) -> None:
    message = await posted(bot_api, research, {"content": "x"}, text("one.txt"), text("two.txt"))
    path = f"/channels/{research.id}/messages/{message['id']}"
    one, two = message["attachments"]
    await bot_api.ok("PATCH", path, {"content": "y"})
    kept = [{"id": two["id"], "description": "second"}]
    edited = await bot_api.ok("PATCH", path, {"attachments": kept})
    assert [(each["filename"], each["description"]) for each in edited["attachments"]] == [
        ("two.txt", "second")
    ]
    assert (await bot_api.http.get(one["url"])).status_code == 404
    body = {"attachments": [{"id": two["id"]}, {"id": 0}]}
    response = await sent(bot_api, path, body, [text("three.txt")], method="PATCH")
    assert [each["filename"] for each in response.json()["attachments"]] == ["two.txt", "three.txt"]
    response = await sent(bot_api, path, {}, [text("four.txt")], method="PATCH")
    assert [each["filename"] for each in response.json()["attachments"]] == ["four.txt"]
    code, answer = await bot_api.refused("PATCH", path, {"attachments": [{"id": two["id"]}]})
    assert code == 50035
    assert answer["errors"]["attachments"]["0"]["_errors"][0]["code"] == "ATTACHMENT_NOT_FOUND"
    assert (await bot_api.ok("GET", path))["attachments"][0]["filename"] == "four.txt"


async def test_only_files_that_are_listed_count(bot_api: Api, research: Channel) -> None:
    message = await posted(bot_api, research, {"attachments": [{"id": 1}]}, text("zero.txt"), text("one.txt"))
    assert [each["filename"] for each in message["attachments"]] == ["one.txt"]


async def test_ten_files_fit(bot_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    files = [text(f"{number}.txt") for number in range(11)]
    response = await sent(bot_api, path, {}, files)
    assert (response.status_code, response.json()["code"]) == (400, 30015)
    message = await posted(bot_api, research, {}, *files[:10])
    assert len(message["attachments"]) == 10
    listed = [{"id": each["id"]} for each in message["attachments"]] + [{"id": 0}]
    response = await sent(
        bot_api, f"{path}/{message['id']}", {"attachments": listed}, files[:1], method="PATCH"
    )
    assert response.json()["code"] == 50035


async def test_embeds_show_files_of_their_message(bot_api: Api, research: Channel) -> None:
    embed = {
        "title": "t",
        "image": {"url": "attachment://a.png"},
        "thumbnail": {"url": "attachment://missing.png"},
        "author": {"name": "n", "icon_url": "attachment://a.png"},
    }
    message = await posted(
        bot_api, research, {"embeds": [embed]}, ("a.png", png(3, 4), "image/png"), text("b.txt")
    )
    assert [each["filename"] for each in message["attachments"]] == ["b.txt"]
    shown = message["embeds"][0]
    assert "thumbnail" not in shown
    assert (shown["image"]["width"], shown["image"]["height"]) == (3, 4)
    assert shown["author"]["icon_url"] == shown["image"]["url"]
    picture = await bot_api.http.get(shown["image"]["url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    path = f"/channels/{research.id}/messages/{message['id']}"
    assert (await bot_api.ok("PATCH", path, {"embeds": []}))["attachments"][0]["filename"] == "a.png"


async def test_hidden_embeds_come_back(bot_api: Api, ada_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    message = await bot_api.ok("POST", path, {"content": "x", "embeds": [{"title": "t"}]})
    hidden = await ada_api.ok("PATCH", f"{path}/{message['id']}", {"flags": 4})
    assert (hidden["embeds"], hidden["flags"]) == ([], 4)
    shown = await bot_api.ok("PATCH", f"{path}/{message['id']}", {"flags": 0})
    assert shown["embeds"][0]["title"] == "t"
    quiet = await bot_api.ok("POST", path, {"content": "x", "embeds": [{"title": "t"}], "flags": 4 | 4096})
    assert (quiet["embeds"], quiet["flags"]) == ([], 4 | 4096)
    assert (await bot_api.ok("PATCH", f"{path}/{quiet['id']}", {"flags": 0}))["flags"] == 4096


HOSTILE: list[tuple[str, str, bytes]] = [
    ("x.html", "text/html", b"<script>alert(1)</script>"),
    ("x.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    ("x.js", "text/javascript", b"alert(1)"),
    ("x.xml", "application/xhtml+xml", b"<html xmlns='http://www.w3.org/1999/xhtml'/>"),
    ("x.HTML", "TEXT/HTML", b"<script>alert(1)</script>"),
    ("x.pdf", "application/pdf", b"%PDF-1.4"),
    ("x.png", "text/html\r\nX-Evil: 1", b"<script>alert(1)</script>"),
]


@pytest.mark.parametrize(("name", "kind", "content"), HOSTILE)
async def test_nothing_that_was_uploaded_runs(
    bot_api: Api, research: Channel, name: str, kind: str, content: bytes
) -> None:
    body = b"--b\r\n" + f'Content-Disposition: form-data; name="files[0]"; filename="{name}"\r\n'.encode()
    body += f"Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    response = await bot_api.call("POST", f"/channels/{research.id}/messages", content=body, headers=headers)
    served = await bot_api.http.get(response.json()["attachments"][0]["url"])
    assert served.content == content
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    assert "x-evil" not in served.headers
    inline = served.headers["content-disposition"].startswith("inline")
    assert not inline or served.headers["content-type"] in ("image/png", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("asked", "status", "content", "where"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 416, b"", "bytes */10"),
        ("bytes=-", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=" + "9" * 5000 + "-", 200, b"0123456789", None),
    ],
)
async def test_parts_of_a_file(
    bot_api: Api, research: Channel, asked: str, status: int, content: bytes, where: str | None
) -> None:
    message = await posted(bot_api, research, {}, text("digits.txt", b"0123456789"))
    url = message["attachments"][0]["url"]
    served = await bot_api.http.get(url, headers={"Range": asked})
    assert (served.status_code, served.content) == (status, content)
    assert served.headers.get("content-range") == where
    head = await bot_api.http.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10", b"")


async def test_a_file_has_one_address(bot_api: Api, research: Channel) -> None:
    message = await posted(bot_api, research, {}, text("a.txt"))
    attachment = message["attachments"][0]
    prefix = f"/attachments/{research.id}/{attachment['id']}"
    assert (await bot_api.http.get(f"{prefix}/a.txt?ex=1&is=2")).status_code == 200
    for wrong in (
        f"{prefix}/b.txt",
        f"{prefix}/..%2fa.txt",
        f"/attachments/1/{attachment['id']}/a.txt",
        f"/attachments/{research.id}/1/a.txt",
        f"/attachments/{research.id}/{attachment['id']}%2f..%2f1/a.txt",
    ):
        assert (await bot_api.http.get(wrong)).status_code == 404
    await bot_api.ok("DELETE", f"/channels/{research.id}/messages/{message['id']}")
    assert (await bot_api.http.get(attachment["url"])).status_code == 404


async def test_a_forward_keeps_its_own_copy(bot_api: Api, research: Channel, local: LocalDiscord) -> None:
    message = await posted(bot_api, research, {"content": "x"}, text("a.txt"))
    reference = {"type": 1, "message_id": message["id"], "channel_id": str(research.id)}
    forward = await bot_api.ok("POST", f"/channels/{research.id}/messages", {"message_reference": reference})
    await bot_api.ok("DELETE", f"/channels/{research.id}/messages/{message['id']}")
    copy = forward["message_snapshots"][0]["message"]["attachments"][0]
    assert (await bot_api.http.get(copy["url"])).content == b"hello"
    await bot_api.ok("DELETE", f"/channels/{research.id}/messages/{forward['id']}")
    assert local.stage.files.get(copy["id"]) is None


async def test_files_go_with_their_channel(ada_api: Api, guild_id: int, local: LocalDiscord) -> None:
    made = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "short"})
    thread = await ada_api.ok("POST", f"/channels/{made['id']}/threads", {"name": "T", "type": 11})
    held: list[Json] = []
    for place in (made["id"], thread["id"]):
        message = await posted(ada_api, local.stage.world.channels[int(place)], {}, text("a.txt"))
        held += message["attachments"]
    await ada_api.ok("DELETE", f"/channels/{made['id']}")
    for each in held:
        assert (await ada_api.http.get(each["url"])).status_code == 404
        assert local.stage.files.get(each["id"]) is None


async def test_a_form_without_json_will_do(bot_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    response = await bot_api.call("POST", path, data={"content": "plain & simple", "tts": "false"})
    assert (response.status_code, response.json()["content"]) == (200, "plain & simple")
    files = {"file": ("a.txt", b"x", "text/plain")}
    response = await bot_api.call("POST", path, data={"content": "true"}, files=files)
    assert (response.json()["content"], len(response.json()["attachments"])) == ("true", 1)


def test_files_in_a_directory_can_be_dropped(tmp_path: Path) -> None:
    files = DirectoryFiles(tmp_path)
    files.put("1", b"x")
    files.drop("1")
    files.drop("1")
    assert files.get("1") is None


JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x11\x08\x00\x09\x00\x0c\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
)
WEBP = {
    b"VP8X": b"\x00\x00\x00\x00" + (11).to_bytes(3, "little") + (8).to_bytes(3, "little"),
    b"VP8L": b"\x2f" + ((11) | (8 << 14)).to_bytes(4, "little"),
    b"VP8 ": b"\x00\x00\x00\x9d\x01\x2a" + (12).to_bytes(2, "little") + (9).to_bytes(2, "little"),
}


def webp(form: bytes) -> bytes:
    return b"RIFF\x00\x00\x00\x00WEBP" + form + b"\x00\x00\x00\x00" + WEBP[form]


PICTURES = [png(12, 9), b"GIF89a" + struct.pack("<HH", 12, 9), JPEG, *(webp(form) for form in WEBP)]


@pytest.mark.parametrize("content", PICTURES)
def test_the_size_of_a_picture(content: bytes) -> None:
    assert size_of(content) == (12, 9)


@given(st.sampled_from(PICTURES), st.integers(0, 60), st.binary(max_size=40))
def test_a_broken_picture_has_a_size_or_none(content: bytes, cut: int, rest: bytes) -> None:
    size = size_of(content[:cut] + rest)
    assert size is None or all(side > 0 for side in size)


def test_what_is_no_picture() -> None:
    assert kind_of(base64.b64decode("PHN2Zz4=")) is None
    assert size_of(b"") is None
    assert size_of(b"\x89PNG\r\n\x1a\n" + b"\0" * 20) is None
