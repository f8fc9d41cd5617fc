"""The page, uploaded files and avatars."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bot.local_discord.form import as_snowflake
from bot.local_discord.refusals import not_found
from bot.local_discord.rest.desk import refused
from bot.local_discord.stage import Stage

PAGE = Path(__file__).parent.parent / "page"
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"})
_UNTRUSTED = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
_PAGE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; connect-src 'self' ws:; "
    "frame-ancestors 'none'",
}


def static_routes(stage: Stage, page: Path = PAGE) -> list[Route]:
    """Routes that need no key: the page's own files, and files whose addresses cannot be guessed."""

    def page_file(name: str) -> Response:
        wanted = (page / name).resolve()
        if "\0" in name or not wanted.is_relative_to(page.resolve()) or not wanted.is_file():
            return refused(not_found())
        return FileResponse(wanted, headers=_PAGE_HEADERS)

    async def index(_request: Request) -> Response:
        return page_file("index.html")

    async def asset(request: Request) -> Response:
        name = str(request.path_params["name"])
        return refused(not_found()) if "\0" in name else page_file(name)

    async def attachment(request: Request) -> Response:
        """An uploaded file; a browser shows only harmless kinds itself, since others could act as the page."""
        channel_id = as_snowflake(request.path_params["channel_id"])
        identifier = as_snowflake(request.path_params["attachment_id"])
        found = next(
            (
                each
                for message in (*stage.world.messages(channel_id or 0), *stage.world.ephemerals())
                for each in message.attachments
                if each.id == identifier
            ),
            None,
        )
        content = None if found is None else stage.files.get(str(found.id))
        if found is None or content is None:
            return refused(not_found())
        kind = found.content_type.partition(";")[0]
        disposition = "inline" if kind in SHOWN_INLINE else "attachment"
        headers = {**_UNTRUSTED, "Content-Disposition": f'{disposition}; filename="{_ascii(found.filename)}"'}
        return Response(content, media_type=found.content_type, headers=headers)

    async def avatar(request: Request) -> Response:
        digest = str(request.path_params["digest"]).removesuffix(".png")
        content = stage.files.get(f"avatar-{digest}") if digest.isalnum() and digest.isascii() else None
        if content is None:
            return refused(not_found())
        return Response(content, media_type="image/png", headers=_UNTRUSTED)

    return [
        Route("/", index, methods=["GET"]),
        Route("/page/{name:path}", asset, methods=["GET"]),
        Route("/attachments/{channel_id}/{attachment_id}/{filename}", attachment, methods=["GET"]),
        Route("/avatars/{owner}/{digest}", avatar, methods=["GET"]),
    ]


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace('"', "_").replace("?", "_")
