"""The local route that puts a load on everybody who listens: ``/local/load``."""

from starlette.responses import Response

from bot.local_discord.load import Load, read_load
from bot.local_discord.rest.call import Call, Handler, ok
from bot.local_discord.stage import Stage


def load_routes(stage: Stage) -> dict[str, dict[str, Handler]]:
    """The route; the caller demands the page's key."""
    load = Load(stage)

    async def post_load(call: Call) -> Response:
        form = await call.form()
        order = read_load(form)
        form.problems.raise_any()
        load.start(order)
        return ok(load.as_json(), 201)

    async def get_load(_call: Call) -> Response:
        return ok(load.as_json())

    async def delete_load(_call: Call) -> Response:
        load.stop()
        return ok(load.as_json())

    return {"/load": {"GET": get_load, "POST": post_load, "DELETE": delete_load}}
