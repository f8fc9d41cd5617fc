"""A feed and its pages, served by the test, which counts how often each page is fetched."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.bot.fetch.loopback import Loopback, answer, loopback

TOPIC = "How does a water clock keep time?"
PAGES = {
    "bowl": "A water clock keeps time by the steady flow of water through a small hole. In the simplest water clock a "
    "bowl empties at a rate that the size of its hole decides. Marks on the inside of the bowl show the hours that "
    "have passed. People in Egypt used such bowls in temples more than three thousand years ago.",
    "float": "A later water clock keeps time with a float that rises in a cylinder. A second vessel with an overflow "
    "keeps the level of the water, and so its flow, the same all day. The float carries a pointer that moves along a "
    "scale of hours, and the scale can be turned with the season, because the hours of summer days were longer.",
    "steelyard": "The steelyard water clock of China weighs the water instead of measuring its height. Two men with "
    "such a water clock can time a race to the second. In cold winters mercury took the place of the water, because "
    "it does not freeze and does not grow thicker in the cold as water does.",
}


@dataclass(frozen=True, slots=True)
class ClockLibrary:
    """Where the feed is."""

    server: Loopback

    @property
    def feeds(self) -> dict[str, str]:
        """The feed's address by its name."""
        return {"Clocks": f"{self.server.url}/feed.xml"}

    @property
    def fetched(self) -> Counter[str]:
        """How often each page was fetched."""
        paths = (request.path for request in self.server.requests)
        return Counter(path.removeprefix("/page/") for path in paths if path.startswith("/page/"))


@asynccontextmanager
async def clock_library() -> AsyncGenerator[ClockLibrary]:
    """Serve it until left."""
    async with loopback() as server:
        entries = "".join(
            f"<entry><id>tag:clocks.invalid,2026:{name}</id><title>The {name} water clock</title>"
            f"<updated>2026-03-0{day}T00:00:00Z</updated><link href='{server.url}/page/{name}'/>"
            f"<summary>{text}</summary></entry>"
            for day, (name, text) in enumerate(PAGES.items(), start=1)
        )
        feed = (
            "<feed xmlns='http://www.w3.org/2005/Atom'><id>tag:clocks.invalid,2026:all</id><title>Clocks</title>"
            f"<updated>2026-03-09T00:00:00Z</updated>{entries}</feed>"
        )
        server.routes["/feed.xml"] = answer(feed, content_type="application/atom+xml")
        for name, text in PAGES.items():
            page = f"<!doctype html><html><head><title>{name}</title></head><body><article><p>{text}</p></article></body>"
            server.routes[f"/page/{name}"] = answer(page)
        yield ClockLibrary(server)
