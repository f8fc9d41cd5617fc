import codecs
import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mcp.feeds.entries import ParsedFeed
from bot.mcp.feeds.feed_parsing import NotAFeed, parse_feed
from bot.mcp.feeds.html_text import plain_text
from bot.mcp.feeds.identity import canonical_url
from bot.mcp.feeds.page_decoding import decoded_page
from bot.mcp.feeds.page_text import main_text

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://feeds.example.org/news/feed.xml"


def parsed(body: str | bytes, *, name: str = "News", content_type: str = "") -> ParsedFeed:
    content = body.encode() if isinstance(body, str) else body
    return parse_feed(content, name=name, url=URL, content_type=content_type, now=NOW)


def rss(*items: str) -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>N</title>{inner}</channel></rss>'


def test_an_entry_keeps_what_it_says() -> None:
    feed = parsed(
        rss(
            "<title>A &amp;amp; B</title><link>/story?utm_source=x&amp;id=7#top</link><guid>g1</guid>"
            "<author>a@example.org (Ann)</author><pubDate>Tue, 03 Mar 2026 10:30:00 +0200</pubDate>"
            "<description>&lt;p&gt;One&lt;/p&gt;&lt;script&gt;bad()&lt;/script&gt;&lt;p&gt;Two&lt;/p&gt;</description>"
        )
    )
    (entry,) = feed.entries
    assert feed.title == "N"
    assert entry.title == "A & B"
    assert entry.url == "https://feeds.example.org/story?id=7"
    assert entry.text == "One\nTwo"
    assert entry.published == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
    assert "Ann" in entry.author
    assert entry.feed == "News"


def test_ids_are_stable_and_tell_feeds_apart() -> None:
    one = rss("<title>old</title><guid>g1</guid><link>https://a.example/1</link>")
    later = rss(
        "<title>new</title><guid>g2</guid>",
        "<title>renamed</title><guid>g1</guid><link>https://a.example/1</link>",
    )
    assert parsed(one).entries[0].id == parsed(later).entries[1].id
    assert parsed(one).entries[0].id != parsed(one, name="Other").entries[0].id


def test_an_entry_twice_is_one_and_a_guid_for_all_names_none() -> None:
    same = "<title>t</title><guid>g</guid><link>https://a.example/1</link>"
    assert len(parsed(rss(same, same)).entries) == 1
    other = "<title>u</title><guid>g</guid><link>https://a.example/2</link>"
    ids = [entry.id for entry in parsed(rss(same, other)).entries]
    assert len(set(ids)) == 2
    assert ids[::-1] == [entry.id for entry in parsed(rss(other, same)).entries]


def test_entries_without_ids_links_or_titles() -> None:
    feed = parsed(
        rss(
            "<title>only a title</title>",
            "<description>only some words</description>",
            "<link>https://a.example/only-a-link</link>",
            "<title>bad link</title><link>javascript:alert(1)</link>",
        )
    )
    assert [entry.title for entry in feed.entries] == ["only a title", "only some words", "bad link"]
    assert {entry.url for entry in feed.entries} == {""}
    assert len({entry.id for entry in feed.entries}) == 3


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-03-03", datetime(2026, 3, 3, tzinfo=UTC)),
        ("2026-03-03T10:00:00", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        ("2026-03-03T10:00:00-05:00", datetime(2026, 3, 3, 15, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2027-01-01", None),
        ("0001-01-01", None),
        ("yesterday", None),
        ("2026-13-45", None),
        ("", None),
        ("9" * 500, None),
    ],
)
def test_dates(date: str, expected: datetime | None) -> None:
    (entry,) = parsed(rss(f"<title>t</title><pubDate>{date}</pubDate>")).entries
    assert entry.published == expected


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is empty, not a feed"),
        (
            b"<!DOCTYPE html><html><head><title>x</title></head><body><p>Hello</p></body></html>",
            "is a web page",
        ),
        (b"  \n<html><body>x</body></html>", "is a web page"),
        (b"hello", "is not a feed"),
        (b'{"items": []}', "is not a feed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "is not a feed"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "is not a feed"),
        (b'<rss version="2.0"><channel><title>cut off', "is broken"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body: bytes, says: str) -> None:
    with pytest.raises(NotAFeed, match=says):
        parsed(body)


def test_a_broken_feed_gives_the_entries_that_can_be_read() -> None:
    body = rss("<title>good</title><guid>1</guid>")[: -len("</channel></rss>")] + "<item><title>cut"
    assert parsed(body).entries[0].title == "good"


def test_entities_neither_explode_nor_read_files() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">{laughs}]>'
    body += rss("<title>bomb &l9; &f;</title><description>words &l9;</description>")
    text = " ".join(f"{entry.title} {entry.text}" for entry in parsed(body).entries)
    assert "root:" not in text
    assert len(text) < 5_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_declared_encodings_are_read(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?>' + rss("<title>Café</title>")
    assert parsed(body.encode(encoding)).entries[0].title == "Café"


def test_a_wrong_charset_still_gives_the_entries() -> None:
    body = ('<?xml version="1.0" encoding="utf-8"?>' + rss("<title>Café au lait</title>")).encode("latin-1")
    (entry,) = parsed(body, content_type="application/xml; charset=no-such-charset").entries
    assert "au lait" in entry.title


def test_lengths_are_capped() -> None:
    feed = parsed(rss(*[f"<title>{'t' * 5_000}</title><guid>{n}</guid>" for n in range(3)]))
    assert all(len(entry.title) <= 300 for entry in feed.entries)
    many = parsed(rss(*[f"<title>t{n}</title><guid>{n}</guid>" for n in range(2_100)]))
    assert len(many.entries) == 2_000
    (long,) = parsed(rss(f"<title>t</title><description>{'word ' * 20_000}</description>")).entries
    assert len(long.text) <= 20_000


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    for content in (body, rss("<title>x</title>").encode().replace(b"x", body)):
        with contextlib.suppress(NotAFeed):
            parsed(content)


@pytest.mark.parametrize(
    ("given_url", "canonical"),
    [
        ("https://Example.ORG:443/a?utm_source=x&b=1&fbclid=y#frag", "https://example.org/a?b=1"),
        ("https://example.org/a?utm_medium=x", "https://example.org/a"),
        ("https://example.org/a?b=%20c&b=2", "https://example.org/a?b=%20c&b=2"),
        ("https://user:pw@example.org/a", "https://example.org/a"),
        ("http://arxiv.org/abs/2601.01234v3", "https://arxiv.org/abs/2601.01234"),
        ("https://export.arxiv.org/pdf/2601.01234v1.pdf", "https://arxiv.org/abs/2601.01234"),
        ("https://arxiv.org/abs/math.GT/0309136v2", "https://arxiv.org/abs/math.GT/0309136"),
        ("https://arxiv.org/abs/cs/0309136", "https://arxiv.org/abs/cs/0309136"),
        ("https://arxiv.org/list/cs.AI/new", "https://arxiv.org/list/cs.AI/new"),
        ("javascript:alert(1)", ""),
        ("mailto:a@example.org", ""),
        ("", ""),
        ("http://[broken", ""),
    ],
)
def test_canonical_urls(given_url: str, canonical: str) -> None:
    got = canonical_url(given_url)
    assert got == canonical or (given_url == "http://[broken" and got == canonical_url(got))


@given(st.text(max_size=200))
def test_canonical_urls_stay_as_they_are(text: str) -> None:
    once = canonical_url("https://example.org/" + text)
    assert canonical_url(once) == once


@given(st.text(max_size=500), st.integers(1, 200))
def test_plain_text_is_short_and_holds_no_script(text: str, limit: int) -> None:
    got = plain_text(f"<p>{text}</p><script>alert('evil')</script>", limit)
    assert len(got) <= limit


ARTICLE = "This is a long sentence of the article, with commas, that says something worth reading. " * 3


@pytest.mark.parametrize(
    "page",
    [
        "<nav><a href=/>Home</a></nav><article><h1>T</h1><p>{0}</p><h2>Part</h2><p>{0}</p></article><footer>F</footer>",
        "<div id=menu><ul><li><a>Home</a><li><a>About the other things that you may click on today</a></ul></div>\
<div class=post><p>{0}<h2>Part</h2><p>{0}</div><div><a>More stories that you may like to read now</a></div>",
        "<body><table><tr><td>{0}<br>Part<br>{0}</table>",
    ],
)
def test_a_pages_main_text_is_found_and_its_menus_are_not(page: str) -> None:
    got = main_text(f"<html><head><title>T</title><body>{page.format(ARTICLE)}", 10_000)
    assert got.count("worth reading") == 6
    assert "Part" in got
    assert "Home" not in got
    assert "click" not in got
    assert "More stories" not in got


def test_a_page_without_an_article_has_no_main_text() -> None:
    assert main_text("<nav><a href=1>one</a><a href=2>two</a></nav><p>Hi</p>", 1_000) == ""


@given(st.text(alphabet=st.sampled_from(list("<>/pdivaln \"'=!-é&;#x1")), max_size=400))
def test_no_html_breaks_the_readers(html: str) -> None:
    main_text(html, 100)
    plain_text(html, 100)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Café".encode(), "text/html", "Café"),
        ("Café".encode("latin-1"), "text/html; charset=ISO-8859-1", "Café"),
        ("€".encode("cp1252"), "text/html; charset=iso-8859-1", "€"),
        (
            b"<meta charset='windows-1251'>" + "Привет".encode("cp1251"),
            "text/html",
            "<meta charset='windows-1251'>Привет",
        ),
        (codecs.BOM_UTF16_LE + "Café".encode("utf-16-le"), "text/html; charset=utf-8", "\ufeffCafé"),
        ("Café".encode(), "text/html; charset=hex", "Café"),
        ("Café".encode(), "text/html; charset=utf-7", "Café"),
        (b"caf\xe9", "text/html; charset=utf-8", "caf\ufffd"),
    ],
)
def test_pages_are_decoded(body: bytes, content_type: str, text: str) -> None:
    assert decoded_page(body, content_type) == text
