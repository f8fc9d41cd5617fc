/** Colours for code: the server names the runs, the page draws them. Code is plain until then, and where that fails. */
/** @import {Api} from './api.js' */
import { h } from './dom.js';

const REMEMBERED = 200;
const LONGEST = 8000;
/** What the style sheet has a colour for; nothing else an answer says becomes a class. */
const KINDS = new Set(
  'attribute comment deleted emphasis function heading inserted keyword number string strong tag type'.split(
    ' ',
  ),
);

/** @typedef {[string, string][]} Runs */
/** @typedef {{paint: (code: HTMLElement, language: string, text: string) => void}} Highlighter */

/** @param {Api} api @returns {Highlighter} */
export function createHighlighter(api) {
  /** By language and text, the last used last. @type {Map<string, Runs|Promise<Runs>>} */
  const known = new Map();

  /** @param {string} key @param {string} language @param {string} text */
  function ask(key, language, text) {
    const asked = api.highlight(language, text).then(({ runs }) => {
      known.set(key, runs);
      return runs;
    });
    known.set(key, asked);
    for (const old of [...known.keys()].slice(0, -REMEMBERED)) known.delete(old);
    return asked;
  }

  return {
    paint(code, language, text) {
      if (!language || text.length > LONGEST) return;
      const key = `${language} ${text}`;
      const found = known.get(key) ?? ask(key, language, text);
      if (Array.isArray(found)) return draw(code, found, text);
      found.then((runs) => draw(code, runs, text)).catch(() => known.delete(key)); // plain; the next time asks again
    },
  };
}

/** @param {HTMLElement} code @param {Runs} runs @param {string} text */
function draw(code, runs, text) {
  if (runs.map(([, part]) => part).join('') !== text) return;
  const selected = document.getSelection();
  if (selected?.rangeCount && !selected.isCollapsed && selected.containsNode(code, true)) return; // being copied
  code.replaceChildren(
    ...runs.map(([kind, part]) => (KINDS.has(kind) ? h('span', { class: `code-${kind}` }, part) : part)),
  );
}
