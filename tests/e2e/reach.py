"""What the accessibility rules cannot see in a page: sizes, what is cut off or covered, what moves."""

from typing import cast

from playwright.async_api import Locator, Page, expect

# WCAG 2.5.8: 24 by 24, or so far from others that circles of 24 around their middles do not meet; links in a line of text
# and what the browser draws are let off.
SMALL = """() => {
  const all = [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [role=option], [role=row]:not(.panel-headings), [tabindex="0"]')]
    .filter((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest('[inert]'))
    .filter((e) => !e.closest('p, .md, .context-line'))
    .filter((e) => !e.matches('.skip, [role=separator]'))
    .map((e) => [e, (e.matches('input') && e.closest('label') || e).getBoundingClientRect()])
    .filter(([e, box]) => {
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return top && (e.contains(top) || top.contains(e));  // what is covered cannot be hit
    });
  const small = all.filter(([, box]) => box.width < 23.5 || box.height < 23.5);
  const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
  return small.filter(([e, box]) => all.some(([other, there]) => {
    if (other === e || other.contains(e) || e.contains(other)) return false;
    const [x, y] = middle(box);
    const near = [Math.max(there.left, Math.min(x, there.right)), Math.max(there.top, Math.min(y, there.bottom))];
    return Math.hypot(near[0] - x, near[1] - y) < 12;
  })).map(([e, box]) => `${e.tagName}.${e.className} ${Math.round(box.width)}x${Math.round(box.height)}`);
}"""
# A text is cut off where its box hides what overflows it, and nothing tells so or lets one scroll there.
CUT = """() => {
  const wide = [...document.querySelectorAll('body *')]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.visually-hidden, .skip, svg'));
  const cut = wide.filter((e) => {
    const style = getComputedStyle(e);
    const hides = /hidden|clip/.test(style.overflowY) || /hidden|clip/.test(style.overflowX);
    const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const button = e.matches('button, .button, label, [role=option]');
    if (!(hides && text) && !button) return false;
    if (style.textOverflow === 'ellipsis') return e.scrollHeight > e.clientHeight + 2;
    return e.scrollWidth > e.clientWidth + 2 || e.scrollHeight > e.clientHeight + 2;
  });
  return cut.map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`);
}"""
# Nothing needs scrolling in two directions, but for what has to lie as it does (WCAG 1.4.10: code, tables).
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
  .filter((e) => e === document.documentElement || /auto|scroll/.test(getComputedStyle(e).overflowX))
  .filter((e) => !e.closest('pre, .panel-grid'))
  .map((e) => `${e.tagName}.${e.className}: ${e.scrollWidth} in ${e.clientWidth}`)"""
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
MOVING = """() => [
  ...document.getAnimations().map((a) => `${a.effect?.target?.className} moves`),
  ...[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).scrollBehavior === 'smooth')
    .map((e) => `${e.className} scrolls smoothly`),
]"""
# The focus is drawn (by itself or by the box around it), and something of what has it can be seen: not covered, on screen.
STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const drawn = (at) => getComputedStyle(at).outlineStyle !== 'none' && parseFloat(getComputedStyle(at).outlineWidth) >= 1;
  const around = e.closest('.composer-box, .field-box, .edit-form');
  const lit = drawn(e) || (around && (drawn(around) || getComputedStyle(around).boxShadow !== 'none'));
  const box = e.getBoundingClientRect();
  const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) =>
    [box.left + box.width * x, box.top + box.height * y]));
  const seen = points.some(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    return top && (e.contains(top) || top.contains(e) && !top.matches('main, aside, body, dialog, .stage'));
  });
  const name = `${e.tagName}.${e.className} ${e.ariaLabel ?? e.textContent.slice(0, 30)}`;
  return [name, [!lit && 'no focus drawn', !seen && 'covered'].filter(Boolean).join(', ')];
}"""


async def listed(page: Page, script: str) -> list[str]:
    """What one of the scripts above finds."""
    return cast("list[str]", await page.evaluate(script))


async def focus_stops(page: Page, most: int = 120) -> tuple[list[str], list[str]]:
    """Tab through the page from its start until the focus leaves it; gives every stop, and what is wrong with some.

    Fails where the focus does not leave within ``most`` steps: it would be trapped.
    """
    await page.evaluate("() => { document.activeElement?.blur(); window.getSelection()?.removeAllRanges(); }")
    stops: list[str] = []
    wrong: list[str] = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        stop = cast("list[str] | None", await page.evaluate(STOP))
        if stop is None:
            return stops, wrong
        name, problem = stop
        stops.append(name)
        if problem:
            wrong.append(f"{name}: {problem}")
    raise AssertionError(f"the focus never leaves the page: {stops[-5:]}")


async def gives_focus_back(page: Page, opener: Locator, opened: Locator) -> None:
    """Open something by keyboard and leave it with Escape: it must be gone, and the focus back where it was."""
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(opened).to_be_visible()
    assert await opened.evaluate("e => e.contains(document.activeElement)"), "the focus did not go in"
    await page.keyboard.press("Escape")
    await expect(opened).to_be_hidden()
    await expect(opener).to_be_focused()
