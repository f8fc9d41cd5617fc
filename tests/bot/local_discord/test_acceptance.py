"""What is accepted of a message is no more than what Discord's description allows."""

import json
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.local_discord.server import Config, running
from tests.bot.local_discord.asking import QUICK, Api, as_person, channel, client, person
from tests.description import description

type Json = dict[str, Any]

type Some = st.SearchStrategy[Any]
type Place = tuple[str | int, ...]

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**40,
    "",
    " ",
    "x",
    "00",
    "1",
    "x" * 30,
    "x" * 5000,
    [],
    {},
    [None],
    ["1", "1"],
]

words = st.sampled_from(["x", "two words", "x" * 80])
links = st.sampled_from(["https://example.org/x.png", "http://127.0.0.1/x"])
pictures = links | st.just("attachment://a.png")
ids = st.sampled_from(["1", "22", "333"])
new_ids = st.integers(1 << 62, (1 << 62) + 9).map(str)
few = st.lists(ids, max_size=3, unique=True)


def shape(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=fields)


embed: Some = st.fixed_dictionaries(
    {"title": words},
    optional={
        "description": words,
        "url": links,
        "color": st.just(0xFFFFFF),
        "timestamp": st.just("2026-01-05T09:00:00Z"),
        "footer": st.fixed_dictionaries({"text": words}, optional={"icon_url": pictures}),
        "author": st.fixed_dictionaries({"name": words}, optional={"url": links, "icon_url": pictures}),
        "image": st.fixed_dictionaries({"url": pictures}),
        "thumbnail": st.fixed_dictionaries({"url": pictures}),
        "fields": st.lists(
            st.fixed_dictionaries({"name": words, "value": words, "inline": st.booleans()}), max_size=2
        ),
    },
)
allowed_mentions = shape(
    parse=st.lists(st.just("everyone"), max_size=1), users=few, roles=few, replied_user=st.booleans()
)
SAID: dict[str, Some] = {
    "embeds": st.lists(embed, max_size=2),
    "allowed_mentions": allowed_mentions,
    "attachments": st.just([]),
    "flags": st.sampled_from([0, 4, 4096]),
}
SWITCHES = {"enforce_nonce": st.booleans(), "tts": st.booleans()}
REFERENCE = st.fixed_dictionaries(
    {"message_id": ids, "fail_if_not_exists": st.just(value=False)},
    optional={"channel_id": ids, "guild_id": ids, "type": st.just(0)},
)
THREAD = {"auto_archive_duration": st.just(60), "rate_limit_per_user": st.sampled_from([0, 21600])}
BODIES: dict[str, Some] = {
    "message": st.fixed_dictionaries(
        {"content": words},
        optional={
            **SAID,
            **SWITCHES,
            "nonce": st.sampled_from([1, "1"]),
            "message_reference": REFERENCE,
            "sticker_ids": st.just([]),
        },
    ),
    "edit": st.fixed_dictionaries({"content": words}, optional=SAID),
    "webhook": st.fixed_dictionaries(
        {"content": words}, optional={**SAID, "username": words, "avatar_url": links, "tts": st.booleans()}
    ),
    "thread": st.fixed_dictionaries(
        {"name": words}, optional={**THREAD, "type": st.sampled_from([11, 12]), "invitable": st.booleans()}
    ),
    "change": shape(name=words, **THREAD, locked=st.booleans(), flags=st.just(0), applied_tags=st.just([])),
    "face": shape(name=words, avatar=st.none()),
    "bulk": st.fixed_dictionaries({"messages": st.lists(new_ids, min_size=2, max_size=3, unique=True)}),
    "follow": st.fixed_dictionaries({"webhook_channel_id": st.just("here")}),
    "post": st.fixed_dictionaries(
        {"name": words, "message": st.fixed_dictionaries({"content": words}, optional=SAID)},
        optional={**THREAD, "applied_tags": st.just([])},
    ),
}


def places(value: object, here: Place = ()) -> list[Place]:
    """Every place of a body at which something could be put instead."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(cast("Json", value).items())
    elif isinstance(value, list):
        inner = list(enumerate(cast("list[object]", value)))
    return [*([here] if here else []), *(each for key, one in inner for each in places(one, (*here, key)))]


def spoiled(body: Json, place: Place, odd: object) -> Json:
    """The body with something else at one place."""
    copy = cast("Json", json.loads(json.dumps(body)))
    holder: Any = copy
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = odd
    return copy


def readings(odd: object) -> list[object]:
    """What Discord may take this for: a number for a text, a text of digits for a number."""
    if isinstance(odd, (int, float)) and not isinstance(odd, bool):
        return [odd, str(odd)]
    return [odd, int(odd)] if isinstance(odd, str) and odd.isdecimal() else [odd]


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, list[Json]]:
    """A kind of request and its body, with the other ways in which that body may be read."""
    kind = draw(st.sampled_from(sorted(BODIES)))
    body = draw(BODIES[kind])
    found = places(body)
    if not found or draw(st.integers(0, 3)) == 0:
        return kind, [body]
    place = draw(st.sampled_from(found))
    return kind, [spoiled(body, place, odd) for odd in readings(draw(st.sampled_from(ODD)))]


@pytest.mark.slow
@pytest.mark.skipif(description() is None, reason="Discord's API description is not on this machine")
@given(st.lists(requests(), min_size=5, max_size=20))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_nothing_is_accepted_that_discord_does_not_describe(todo: list[tuple[str, list[Json]]]) -> None:
    held = description()
    assert held is not None
    async with (
        running(Config(settings=QUICK, record=None)) as local,
        client(local, {"Authorization": f"Bot {local.bot_token}"}) as http,
        as_person(local, person(local, "ada")) as as_ada,
    ):
        api, ada, place = Api(http), Api(as_ada), channel(local, "research").id
        guild = f"/guilds/{next(iter(local.stage.world.guilds))}"
        sent = await api.ok("POST", f"/channels/{place}/messages", {"content": "x"})
        made = await api.ok("POST", f"/channels/{place}/threads", {"name": "T", "type": 11})
        face = await api.ok("POST", f"/channels/{place}/webhooks", {"name": "w"})
        forum = await ada.ok("POST", f"{guild}/channels", {"name": "f", "type": 15})
        news = await ada.ok("POST", f"{guild}/channels", {"name": "n", "type": 5})
        where = {
            "message": ("POST", f"/channels/{place}/messages"),
            "edit": ("PATCH", f"/channels/{place}/messages/{sent['id']}"),
            "webhook": ("POST", f"/webhooks/{face['id']}/{face['token']}?wait=true"),
            "thread": ("POST", f"/channels/{place}/threads"),
            "change": ("PATCH", f"/channels/{made['id']}"),
            "face": ("PATCH", f"/webhooks/{face['id']}"),
            "bulk": ("POST", f"/channels/{place}/messages/bulk-delete"),
            "follow": ("POST", f"/channels/{news['id']}/followers"),
            "post": ("POST", f"/channels/{forum['id']}/threads"),
        }
        for kind, bodies in todo:
            method, path = where[kind]
            if kind == "follow":
                bodies = [_with_channel(body, place) for body in bodies]  # noqa: PLW2901 - the id is only known now
            response = await api.call(method, path, json=bodies[0])
            assert response.status_code < 500
            if not response.is_success:
                continue
            exchange: Json = {
                "method": method,
                "path": f"/api/v10{path}".partition("?")[0],
                "route": path,
                "status": response.status_code,
                "query": "",
                "fault": None,
                "client": "",
                "files": [],
                "answer": response.json() if response.content else None,
            }
            found = [held.problems({**exchange, "body": body}) for body in bodies]
            assert [] in found, found[0]


def _with_channel(body: Json, place: int) -> Json:
    return {name: str(place) if value == "here" else value for name, value in body.items()}
