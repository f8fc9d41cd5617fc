"""Serves uploaded files and avatars, as Discord's CDN does: to whoever knows the address.

What people uploaded may be anything and shares its origin with the page, so that nothing of it may run there.
"""

import re

from starlette.requests import Request
from starlette.responses import Response

from bot.local_discord.form import as_snowflake
from bot.local_discord.messages.image_size import kind_of
from bot.local_discord.refusals import not_found
from bot.local_discord.rest.desk import refused
from bot.local_discord.stage import Stage

SHOWN_INLINE = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "video/mp4",
        "video/webm",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "text/plain",
    }
)
"""What a browser may show by itself, since none of it can act; all else is only downloaded."""
_UNTRUSTED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "private, max-age=31536000, immutable",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")
_AVATAR = re.compile(r"(\w{1,64}?)(?:\.(?:png|jpg|jpeg|gif|webp))?\Z", re.ASCII)


def attachment(stage: Stage, request: Request) -> Response:
    """A file of a message that still exists, under its own name."""
    params = request.path_params
    found = stage.world.attachment(as_snowflake(params["attachment_id"]) or 0)
    named = found is not None and (str(found.channel_id), found.filename) == (
        params["channel_id"],
        params["filename"],
    )
    content = stage.files.get(str(found.id)) if found is not None and named else None
    if found is None or content is None:
        return refused(not_found())
    kind = found.content_type.partition(";")[0].strip().lower()
    disposition = "inline" if kind in SHOWN_INLINE else "attachment"
    headers = {"Content-Disposition": f'{disposition}; filename="{_quoted(found.filename)}"'}
    return _bytes(request, content, found.content_type, headers)


def avatar(stage: Stage, request: Request) -> Response:
    """An avatar by its hash, as the kind of picture that it is."""
    digest = _AVATAR.match(request.path_params["digest"])
    content = None if digest is None else stage.files.get(f"avatar-{digest[1]}")
    if content is None:
        return refused(not_found())
    return _bytes(request, content, kind_of(content) or "application/octet-stream", {})


def _quoted(name: str) -> str:
    """A file name that cannot leave its quotes nor the header; new ones are plain ASCII, saved ones may not be."""
    return re.sub(r'[^\x20-\x7e]|["\\]', "_", name)


def _bytes(request: Request, content: bytes, kind: str, headers: dict[str, str]) -> Response:
    """The bytes, or the one range of them that was asked for; several ranges are answered with everything."""
    headers = {**_UNTRUSTED, **headers, "Accept-Ranges": "bytes"}
    asked = _RANGE.match(request.headers.get("range", ""))
    if asked is None or asked[0] == "bytes=-":
        return Response(content, media_type=kind, headers=headers)
    size = len(content)
    first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
    last = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
    if first >= size or last < first:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(content[first : last + 1], 206, media_type=kind, headers=headers)
