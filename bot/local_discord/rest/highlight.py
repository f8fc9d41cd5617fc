"""Colours for the code that the page shows."""

import asyncio

from starlette.responses import Response

from bot.local_discord.highlighting import LONGEST, runs_of
from bot.local_discord.rest.call import Call, ok


async def post_highlight(call: Call) -> Response:
    """POST /local/highlight ``{language, code}``: ``{"runs": [[class, text], ...]}``.

    Raises:
        Refusal: 50035 for more than 8,000 characters.
    """
    form = await call.form()
    language = form.text("language", most=50) or ""
    code = form.text("code", most=LONGEST, required=True) or ""
    form.problems.raise_any()
    # in a thread: a long text must not hold up what others are told
    return ok({"runs": await asyncio.to_thread(runs_of, language, code)})
