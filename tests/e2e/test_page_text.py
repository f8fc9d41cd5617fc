"""What the page makes of texts: Discord's markdown, and nothing that a hostile text asks for."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.page_visitor import Visit
from tests.e2e.scripted_bot import ScriptedBot

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARSE = "async (text) => (await import('/page/markdown.js')).parse(text)"

type Tree = list[dict[str, Any]]


def text(words: str) -> dict[str, Any]:
    return {"kind": "text", "text": words}


def paragraph(*children: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "paragraph", "children": list(children)}


def wrapped(kind: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "children": list(children)}


def link(url: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "link", "url": url, "children": list(children)}


INLINE: list[tuple[str, Tree]] = [
    ("plain", [text("plain")]),
    ("**bold**", [wrapped("strong", text("bold"))]),
    ("*it* and _it_", [wrapped("em", text("it")), text(" and "), wrapped("em", text("it"))]),
    ("__under__ ~~gone~~", [wrapped("underline", text("under")), text(" "), wrapped("strike", text("gone"))]),
    ("***both***", [wrapped("strong", wrapped("em", text("both")))]),
    ("*a **b** c*", [wrapped("em", text("a "), wrapped("strong", text("b")), text(" c"))]),
    ("||hidden||", [wrapped("spoiler", text("hidden"))]),
    ("a * b * c", [text("a * b * c")]),
    ("2 ** 3 and snake_case_name", [text("2 ** 3 and snake_case_name")]),
    (r"\*not\* \_this\_", [text("*not* _this_")]),
    ("`**code**`", [{"kind": "code", "text": "**code**"}]),
    ("``a ` b``", [{"kind": "code", "text": "a ` b"}]),
    ("**a `**` b**", [wrapped("strong", text("a "), {"kind": "code", "text": "**"}, text(" b"))]),
    ("**open", [text("**open")]),
    ("<@12> <@!13> <@&14> <#15>", [
        {"kind": "user", "id": "12"}, text(" "), {"kind": "user", "id": "13"}, text(" "),
        {"kind": "role", "id": "14"}, text(" "), {"kind": "channel", "id": "15"},
    ]),
    ("<t:1700000000:R>", [{"kind": "time", "seconds": 1_700_000_000, "style": "R"}]),
    ("<t:99999999999999:R>", [text("<t:99999999999999:R>")]),
    ("</runs list:99>", [{"kind": "command", "name": "runs list"}]),
    ("<:party:123>", [{"kind": "emoji", "name": "party"}]),
    ("[1](https://example.org/a)", [link("https://example.org/a", text("1"))]),
    ("[[1]](<https://example.org/a_(b)>)", [link("https://example.org/a_(b)", text("[1]"))]),
    ("[x](javascript:alert(1))", [text("[x](javascript:alert(1))")]),
    ("[https://a.org](https://b.org/)", [link("https://b.org/", text("https://a.org"))]),
    ("see https://example.org/a(b), ok", [
        text("see "), link("https://example.org/a(b)", text("https://example.org/a(b)")), text(", ok"),
    ]),
    ("(https://example.org/)", [text("("), link("https://example.org/", text("https://example.org/")), text(")")]),
    ("**https://example.org/x**", [wrapped("strong", link("https://example.org/x", text("https://example.org/x")))]),
    ("<https://example.org/>", [link("https://example.org/", text("https://example.org/"))]),
    ("https:// is no link", [text("https:// is no link")]),
    ("@everyone", [{"kind": "everyone", "text": "@everyone"}]),
]  # fmt: skip

BLOCKS: list[tuple[str, Tree]] = [
    ("# One\n## Two\n### Three\n#### four", [
        {"kind": "heading", "level": 1, "children": [text("One")]},
        {"kind": "heading", "level": 2, "children": [text("Two")]},
        {"kind": "heading", "level": 3, "children": [text("Three")]},
        paragraph(text("#### four")),
    ]),
    ("#no heading", [paragraph(text("#no heading"))]),
    ("-# small", [{"kind": "small", "children": [text("small")]}]),
    ("a\nb\n\nc", [paragraph(text("a\nb")), paragraph(text("c"))]),
    ("**over\nlines**", [paragraph(wrapped("strong", text("over\nlines")))]),
    ("> one\n> two\nthree", [
        {"kind": "quote", "children": [paragraph(text("one\ntwo"))]}, paragraph(text("three")),
    ]),
    (">>> one\n# two", [
        {"kind": "quote", "children": [
            paragraph(text("one")), {"kind": "heading", "level": 1, "children": [text("two")]},
        ]},
    ]),
    ("```py\nx = 1\n```after", [
        {"kind": "codeblock", "language": "py", "text": "x = 1"}, paragraph(text("after")),
    ]),
    ("before ```code``` after", [
        paragraph(text("before ")), {"kind": "codeblock", "language": "", "text": "code"}, paragraph(text(" after")),
    ]),
    ("```open\nnever closed", [paragraph(text("```open\nnever closed"))]),
    ("- a\n- b\n  - c", [
        {"kind": "list", "ordered": False, "start": None, "items": [
            {"children": [text("a")], "nested": []},
            {"children": [text("b")], "nested": [
                {"kind": "list", "ordered": False, "start": None, "items": [
                    {"children": [text("c")], "nested": []},
                ]},
            ]},
        ]},
    ]),
    ("3. c\n4. d", [
        {"kind": "list", "ordered": True, "start": 3, "items": [
            {"children": [text("c")], "nested": []}, {"children": [text("d")], "nested": []},
        ]},
    ]),
    ("", []),
    ("\n\n", []),
]  # fmt: skip


def without_nan(tree: Any) -> Any:
    if isinstance(tree, list):
        return [without_nan(each) for each in tree]  # pyright: ignore[reportUnknownVariableType] - JSON
    if isinstance(tree, dict):
        return {key: without_nan(value) for key, value in tree.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
    return None if isinstance(tree, float) and tree != tree else tree  # noqa: PLR0124 - only NaN differs from itself


async def test_formatting_within_a_line(visit: Visit) -> None:
    page = (await visit()).page
    for source, expected in INLINE:
        assert await page.evaluate(PARSE, source) == [paragraph(*expected)], source


async def test_blocks(visit: Visit) -> None:
    page = (await visit()).page
    for source, expected in BLOCKS:
        assert without_nan(await page.evaluate(PARSE, source)) == expected, source


@pytest.mark.parametrize("hostile", [
    "*" * 4000, "_a" * 2000, "[" * 4000, "[](" * 1300, "`" * 3999 + "x", "> " * 2000, "||a" * 1300,
    "- " * 2000, "\\" * 4000, "**a*" * 1000, "<" * 4000, "https://" * 500, "```" * 1333, "@everyone" * 400,
])  # fmt: skip
async def test_hostile_text_is_parsed_and_loses_nothing_but_signs(visit: Visit, hostile: str) -> None:
    page = (await visit()).page
    parsed = "async (text) => { const m = await import('/page/markdown.js'); m.toText(m.parse(text), () => ''); return 1 }"
    assert await page.evaluate(parsed, hostile) == 1


async def test_text_never_becomes_elements_or_script(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("hostile")
    evil = (
        '<img src=x onerror="window.hit=1"><script>window.hit=1</script> '
        "[a](javascript:window.hit=1) <javascript:alert(1)> [b](data:text/html,x) `<b>`"
    )
    embed = {"title": "<img src=x onerror=window.hit=1>", "description": evil, "footer": {"text": "<b>f</b>"}}
    await bot.post(channel, evil, embeds=[embed])
    await bot.say_as(channel, "<b onclick=x>Name</b>", evil)
    guest = await visit(channel)
    await expect(guest.main.locator("li.message-item")).to_have_count(2)
    await expect(guest.main.locator(".md img, .md script, .md b, .author b, .embed img")).to_have_count(0)
    hrefs = await guest.main.locator(".log a").evaluate_all("links => links.map((link) => link.protocol)")
    assert not [protocol for protocol in hrefs if protocol not in {"http:", "https:"}]
    assert await guest.page.evaluate("() => window.hit") is None
    await expect(guest.main.locator(".author").last).to_have_text("<b onclick=x>Name</b>")


async def test_inline_script_and_style_are_forbidden_by_the_page_itself(visit: Visit) -> None:
    guest = await visit()
    blocked = await guest.page.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'window.hit = 1';
          document.body.append(script);
        })"""
    )
    assert blocked == "script-src-elem"
    assert await guest.page.evaluate("() => window.hit") is None
    guest.problems.clear()  # the console reports what was just refused


async def test_names_and_times_of_a_text_are_shown(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("shown")
    await bot.post(channel, f"<@{bot.id}> in <#{channel}> <#1> <@1> <t:1700000000:D> <t:1700000000:R>")
    guest = await visit(channel)
    said = await guest.sees("@cogswarm in #shown #unknown @unknown user 14 November 2023")
    await expect(said.locator("time.stamp").last).to_contain_text("years ago")
    await expect(said.get_by_role("link", name="#shown")).to_have_attribute("href", f"#/{channel}")


async def test_a_spoiler_opens_by_keyboard(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("spoilers")
    await bot.post(channel, "it is ||the butler||")
    guest = await visit(channel)
    cover = guest.main.get_by_role("button", name="Spoiler")
    await cover.focus()
    await cover.press("Enter")
    await expect(guest.main.locator(".spoiler.open")).to_have_text("the butler")
