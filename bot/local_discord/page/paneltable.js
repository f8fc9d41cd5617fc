/**
 * The traffic as a table of any length: only the rows in view are in the page, so that thousands cost as little as forty.
 * The focus stays on the table; arrow keys choose another row.
 */
/** @import {Entries, Row} from './panelentries.js' */
import { arrange, freshId, h } from './dom.js';

const BEYOND = 8;
const COLUMNS = ['Time', 'Way', 'Request or event', 'About', 'Status', 'ms', 'Cog'];
const CLOSE_ENOUGH = 24;

/** @param {number} at milliseconds */
export const clock = (at) =>
  Number.isFinite(at)
    ? new Date(at).toLocaleTimeString('en-GB', { hour12: false }) +
      `.${String(Math.floor(at) % 1000).padStart(3, '0')}`
    : '';

/** @param {number|null} ms */
export const duration = (ms) =>
  ms === null
    ? ''
    : ms < 10
      ? ms.toFixed(1)
      : ms < 10_000
        ? String(Math.round(ms))
        : `${(ms / 1000).toFixed(1)} s`;

/**
 * @param {Entries} entries
 * @param {{onChoose: (row: Row|null) => void, onEnd: (atEnd: boolean) => void}} hooks
 */
export function createTable(entries, { onChoose, onEnd }) {
  const narrow = window.matchMedia('(max-width: 759px)');
  const prefix = freshId('traffic');
  const body = h('div', { class: 'panel-rows', role: 'rowgroup' });
  const head = h(
    'div',
    { class: 'panel-row panel-headings', role: 'row', 'aria-rowindex': 1 },
    COLUMNS.map((name) => h('span', { role: 'columnheader' }, name)),
  );
  const grid = h(
    'div',
    { class: 'panel-grid', role: 'grid', tabindex: 0, 'aria-label': 'Traffic' },
    h('div', { class: 'panel-top', role: 'rowgroup' }, head),
    body,
  );
  /** @type {Row[]} */
  let rows = [];
  /** @type {Row|null} */
  let chosen = null;
  let kin = '';
  let atEnd = true;
  /** What is in the page, by number, with what it was drawn from. @type {Map<number, {element: HTMLElement, drawn: string}>} */
  const drawn = new Map();

  const height = () => (narrow.matches ? 46 : 27);
  const headHeight = () => head.offsetHeight;

  /** @param {Row} row @param {string} cog */
  function build(row, cog) {
    const bar = h('span', { class: 'panel-bar', 'aria-hidden': 'true' });
    if (row.ms !== null) bar.style.setProperty('--share', String(Math.sqrt(row.ms / entries.slowest)));
    const element = h(
      'div',
      { class: 'panel-row', role: 'row', id: `${prefix}-${row.n}`, data: { n: String(row.n) } },
      h('span', { role: 'gridcell', class: 'panel-time' }, clock(row.ended)),
      h('span', { role: 'gridcell', class: `panel-way ${row.kind}` }, row.way),
      h('span', { role: 'gridcell', class: 'panel-what' }, row.what),
      h('span', { role: 'gridcell', class: 'panel-about' }, row.about),
      h(
        'span',
        { role: 'gridcell', class: 'panel-status' },
        row.status,
        row.entry.fault ? h('span', { class: 'panel-made' }, ' trouble') : null,
      ),
      h('span', { role: 'gridcell', class: 'panel-ms' }, row.ms === null ? null : bar, duration(row.ms)),
      h('span', { role: 'gridcell', class: 'panel-cog' }, cog),
    );
    element.classList.toggle('bad', row.bad);
    return element;
  }

  /** @param {Row} row @param {number} index */
  function place(row, index) {
    const cog = entries.cogOf(row);
    const drawnFrom = `${cog}|${row.ms === null ? '' : entries.slowest}`;
    let held = drawn.get(row.n);
    if (!held || held.drawn !== drawnFrom) {
      held = { element: build(row, cog), drawn: drawnFrom };
      drawn.set(row.n, held);
    }
    const { element } = held;
    element.setAttribute('aria-rowindex', String(index + 2));
    element.setAttribute('aria-selected', String(row.n === chosen?.n));
    element.classList.toggle('kin', kin !== '' && entries.interactionOf(row) === kin);
    element.style.setProperty('--at', `${index * height()}px`);
    return element;
  }

  function draw() {
    const first = Math.max(0, Math.floor(grid.scrollTop / height()) - BEYOND);
    const last = Math.min(rows.length, Math.ceil((grid.scrollTop + grid.clientHeight) / height()) + BEYOND);
    const wanted = rows.slice(first, last).map((row, i) => place(row, first + i));
    const at = chosen ? rows.findIndex((row) => row.n === chosen?.n) : -1;
    // the chosen row is there to be spoken of, also where it is out of sight
    if (chosen && at >= 0 && (at < first || at >= last)) wanted.push(place(chosen, at));
    arrange(body, wanted);
    const kept = new Set(wanted);
    for (const [n, { element }] of drawn) if (!kept.has(element)) drawn.delete(n);
    if (at >= 0 && chosen) grid.setAttribute('aria-activedescendant', `${prefix}-${chosen.n}`);
    else grid.removeAttribute('aria-activedescendant');
  }

  /** @param {Row[]} next */
  function show(next) {
    const top = rows[Math.floor(grid.scrollTop / height())];
    const rest = grid.scrollTop % height();
    rows = next;
    body.style.setProperty('--length', `${rows.length * height()}px`);
    grid.setAttribute('aria-rowcount', String(rows.length + 1));
    if (atEnd) grid.scrollTop = grid.scrollHeight;
    else if (top) {
      const index = rows.findIndex((row) => row.n >= top.n);
      grid.scrollTop = Math.max(0, index) * height() + rest;
    }
    draw();
  }

  /** @param {Row|null} row */
  function choose(row) {
    chosen = row;
    kin = row ? entries.interactionOf(row) : '';
    if (row) reveal(rows.findIndex((each) => each.n === row.n));
    draw();
    onChoose(row);
  }

  /** @param {number} index */
  function reveal(index) {
    if (index < 0) return;
    const top = index * height();
    const room = grid.clientHeight - headHeight();
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + height() > grid.scrollTop + room) grid.scrollTop = top + height() - room;
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const at = rows.findIndex((row) => row.n === chosen?.n);
    const page = Math.max(1, Math.floor(grid.clientHeight / height()) - 2);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? rows.length - 1 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (to === undefined || !rows.length) return;
    event.preventDefault();
    choose(rows[Math.min(rows.length - 1, Math.max(0, to))] ?? null);
  }

  grid.addEventListener('keydown', walk);
  grid.addEventListener('click', ({ target }) => {
    const element = target instanceof Element ? target.closest('[data-n]') : null;
    const n = element instanceof HTMLElement ? Number(element.dataset.n) : 0;
    const row = rows.find((each) => each.n === n);
    if (row) choose(row);
  });
  grid.addEventListener(
    'scroll',
    () => {
      atEnd = grid.scrollHeight - grid.scrollTop - grid.clientHeight < CLOSE_ENOUGH;
      onEnd(atEnd);
      draw();
    },
    { passive: true },
  );
  new ResizeObserver(() => show(rows)).observe(grid);

  return {
    element: grid,
    show,
    choose,
    get chosen() {
      return chosen;
    },
    toEnd() {
      atEnd = true;
      grid.scrollTop = grid.scrollHeight;
      onEnd(true);
      draw();
    },
  };
}
