"""The library as a web site: its pages in HTML, its feeds in Atom 1.0 (RFC 4287) and RSS 2.0."""

import functools
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt

from bot.demo_library.texts import DemoEntry, DemoFeed

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_CREATOR = "http://purl.org/dc/elements/1.1/"
_STYLE = "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.5 Georgia,serif;color:#222}"

for _prefix, _namespace in (("", _ATOM), ("content", _CONTENT), ("dc", _CREATOR)):
    ET.register_namespace(_prefix, _namespace)


def feed_path(feed: DemoFeed) -> str:
    """The path of a feed below the site's address."""
    return f"/{feed.slug}/feed.xml"


def entry_path(feed: DemoFeed, entry: DemoEntry) -> str:
    """The path of a page below the site's address."""
    return f"/{feed.slug}/{entry.slug}.html"


def render_index(feeds: tuple[DemoFeed, ...]) -> str:
    """The front page, which links all feeds and pages."""
    parts = ["<p>A small library to try things with. All texts are in the public domain (CC0).</p>"]
    for feed in feeds:
        links = "".join(
            f'<li><a href="{entry_path(feed, entry)}">{escape(entry.title)}</a></li>'
            for entry in feed.entries
        )
        parts.append(
            f'<h2>{escape(feed.title)}</h2><p>{escape(feed.description)} <a href="{feed_path(feed)}">Feed</a></p>'
            f"<ul>{links}</ul>"
        )
    return _page("The demo library", f"<main><h1>The demo library</h1>{''.join(parts)}</main>")


def render_entry(feed: DemoFeed, entry: DemoEntry) -> str:
    """The page of one text."""
    byline = f"{escape(entry.author)}, {entry.published:%d %B %Y}"
    others = "".join(
        f'<li><a href="{entry_path(feed, other)}">{escape(other.title)}</a></li>'
        for other in feed.entries
        if other is not entry
    )
    return _page(
        entry.title,
        f'<nav><a href="/">The demo library</a> · {escape(feed.title)}</nav>'
        f"<article><h1>{escape(entry.title)}</h1><p><small>{byline}</small></p>{_html(entry.body)}</article>"
        f"<aside><h2>More from {escape(feed.title)}</h2><ul>{others}</ul></aside>",
    )


def render_feed(feed: DemoFeed, site: str) -> bytes:
    """The feed's XML; ``site`` is the address, without a final slash, that its links start with."""
    return _atom(feed, site) if feed.format == "atom" else _rss(feed, site)


def _atom(feed: DemoFeed, site: str) -> bytes:
    root = ET.Element(f"{{{_ATOM}}}feed")
    _add(root, _ATOM, "id", _tag_id(feed.slug))
    _add(root, _ATOM, "title", feed.title)
    _add(root, _ATOM, "subtitle", feed.description)
    _add(root, _ATOM, "updated", feed.updated.isoformat())
    ET.SubElement(root, f"{{{_ATOM}}}link", rel="self", href=site + feed_path(feed))
    for entry in feed.entries:
        item = ET.SubElement(root, f"{{{_ATOM}}}entry")
        _add(item, _ATOM, "id", _tag_id(f"{feed.slug}/{entry.slug}"))
        _add(item, _ATOM, "title", entry.title)
        _add(item, _ATOM, "published", entry.published.isoformat())
        _add(item, _ATOM, "updated", entry.published.isoformat())
        _add(ET.SubElement(item, f"{{{_ATOM}}}author"), _ATOM, "name", entry.author)
        ET.SubElement(
            item, f"{{{_ATOM}}}link", rel="alternate", type="text/html", href=site + entry_path(feed, entry)
        )
        for topic in entry.topics:
            ET.SubElement(item, f"{{{_ATOM}}}category", term=topic)
        _add(item, _ATOM, "summary", entry.first_paragraph)
        if feed.full_text:
            _add(item, _ATOM, "content", _html(entry.body)).set("type", "html")
    return _document(root)


def _rss(feed: DemoFeed, site: str) -> bytes:
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _add(channel, "", "title", feed.title)
    _add(channel, "", "link", f"{site}/")
    _add(channel, "", "description", feed.description)
    _add(channel, "", "lastBuildDate", format_datetime(feed.updated))
    for entry in feed.entries:
        item = ET.SubElement(channel, "item")
        _add(item, "", "title", entry.title)
        _add(item, "", "link", site + entry_path(feed, entry))
        _add(item, "", "guid", _tag_id(f"{feed.slug}/{entry.slug}")).set("isPermaLink", "false")
        _add(item, "", "pubDate", format_datetime(entry.published))
        _add(item, _CREATOR, "creator", entry.author)
        for topic in entry.topics:
            _add(item, "", "category", topic)
        _add(item, "", "description", escape(entry.first_paragraph))
        if feed.full_text:
            _add(item, _CONTENT, "encoded", _html(entry.body))
    return _document(root)


def _add(parent: ET.Element, namespace: str, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{namespace}}}{name}" if namespace else name)
    child.text = text
    return child


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _tag_id(name: str) -> str:
    """An id that does not depend on where the library is served (RFC 4151)."""
    return f"tag:demo.cogswarm.invalid,2026:{name}"


@functools.cache
def _html(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": False}).render(markdown)


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
