"""The page, uploaded files and avatars."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bot.local_discord.refusals import not_found
from bot.local_discord.rest import stored_files
from bot.local_discord.rest.desk import refused
from bot.local_discord.stage import Stage

PAGE = Path(__file__).parent.parent / "page"
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
        return stored_files.attachment(stage, request)

    async def avatar(request: Request) -> Response:
        return stored_files.avatar(stage, request)

    return [
        Route("/", index, methods=["GET"]),
        Route("/page/{name:path}", asset, methods=["GET"]),
        Route("/attachments/{channel_id}/{attachment_id}/{filename}", attachment, methods=["GET"]),
        Route("/avatars/{owner}/{digest}", avatar, methods=["GET"]),
    ]
