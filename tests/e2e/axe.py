"""The accessibility rules of axe-core, run on a page as it stands, and what they leave open, worked out."""

from pathlib import Path
from typing import cast

from playwright.async_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# `contrast` is a text's over what its ancestors paint: no picture and no gradient lies under a text here, and null, which
# is no answer, would say that one does. `sign` is a button with a mark instead of a word: there is nothing that a name
# spoken aloud could differ from. An element that has gone while the rules ran, as rows of the traffic do, has no colours
# any more; the rows beside it are judged. `inOrder` is a heading whose forerunner axe lost, where one has just gone.
RUN = """async ([tags, rules]) => {
  const found = await axe.run(document, {
    runOnly: rules.length ? { type: 'rule', values: rules } : { type: 'tag', values: tags },
    resultTypes: ['violations', 'incomplete'],
    elementRef: true,
    preload: false,  // copies of the style sheets would break the page's own security policy
  });
  const painter = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (colour) => {
    painter.clearRect(0, 0, 1, 1);
    painter.fillStyle = colour;
    painter.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = painter.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = (colour) => colour.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (element) => {
    const layers = [];
    let seen = 1;
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return null;
      layers.push(parse(style.backgroundColor));
      seen *= Number(style.opacity);
    }
    const base = parse(getComputedStyle(document.body).backgroundColor);
    const ground = layers.reverse().reduce((under, top) => over(top, under), base);
    const style = getComputedStyle(element);
    const ink = parse(style.color);
    const [low, high] = [light(over([...ink.slice(0, 3), ink[3] * seen], ground)), light(ground)]
      .sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const level = (heading) => Number(heading?.tagName[1] ?? 0);
  const inOrder = (element) => {
    const shown = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter((one) => one.checkVisibility());
    const at = shown.indexOf(element);
    return !element.isConnected || (at >= 0 && level(element) <= level(shown[at - 1]) + 1);
  };
  const sign = (element) => !/[\\p{L}\\p{N}]/u.test(element.textContent);
  const said = (results, cleared) => results.flatMap(({ id, nodes }) => nodes
    .filter(({ element }) => !cleared(id, element))
    .map(({ target, any, all, none, element }) => {
      const why = [...any, ...all, ...none].map(({ message }) => message).join('; ');
      return `${id} at ${target.join(' ')}: ${why} (contrast ${contrast(element)?.toFixed(2)})`;
    }));
  const decided = (id, element) =>
    (id === 'color-contrast' && (!element.isConnected || (contrast(element) ?? 0) >= 4.5)) ||
    (id === 'heading-order' && inOrder(element)) ||
    (id === 'label-content-name-mismatch' && sign(element));
  return [...said(found.violations, () => false),
    ...said(found.incomplete, decided).map((each) => `undecided: ${each}`)];
}"""


async def load(page: Page, node_modules: Path) -> None:
    """Bring the rules into the page; they stay until it is loaded anew."""
    await page.evaluate((node_modules / "axe-core" / "axe.min.js").read_text("utf-8"))


async def findings(page: Page, *, colours_only: bool = False) -> list[str]:
    """What breaks a rule, and what the rules cannot decide and our own reckoning does not clear either."""
    return cast("list[str]", await page.evaluate(RUN, [TAGS, COLOUR_RULES if colours_only else []]))
