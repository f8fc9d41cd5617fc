/** What of the traffic is shown: by kind, cog, bot and text, only what went wrong, and what is left out by default. */
/** @import {Entries, Row} from './panelentries.js' */
import { arrange, h } from './dom.js';

/**
 * @typedef {{kind: string, cogs: string[], app: string, text: string, errors: boolean, people: boolean, beats: boolean}} Filter
 */

/** @type {Filter} */
export const EVERYTHING = {
  kind: '',
  cogs: [],
  app: '',
  text: '',
  errors: false,
  people: false,
  beats: false,
};
const KINDS = { '': 'All', rest: 'REST', gateway: 'Gateway' };
export const NO_COG = '';

/** @param {Filter} filter @param {Entries} entries @returns {Row[]} */
export function shown(filter, entries) {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.rows.filter(
    (row) =>
      (!filter.kind || row.kind === filter.kind) &&
      (filter.people || !row.person) &&
      (filter.beats || !row.beat) &&
      (!filter.errors || row.bad) &&
      (!filter.cogs.length || filter.cogs.includes(entries.cogOf(row))) &&
      (!filter.app || entries.appOf(row) === filter.app) &&
      words.every((word) => row.sought.includes(word)),
  );
}

/**
 * @param {Filter} filter the one to begin with; it is changed in place
 * @param {Entries} entries
 * @param {(filter: Filter) => void} onChange
 */
export function createFilters(filter, entries, onChange) {
  const changed = () => onChange(filter);

  /** @param {string} label @param {() => boolean} on @param {() => void} flip */
  function toggle(label, on, flip) {
    const button = h(
      'button',
      { type: 'button', class: 'panel-chip', 'aria-pressed': String(on()), data: { label } },
      label,
    );
    button.addEventListener('click', () => {
      flip();
      refresh();
      changed();
    });
    toggles.set(button, on);
    return button;
  }
  /** @type {Map<HTMLElement, () => boolean>} */
  const toggles = new Map();

  const kinds = Object.entries(KINDS).map(([kind, label]) =>
    toggle(
      label,
      () => filter.kind === kind,
      () => (filter.kind = kind),
    ),
  );
  const errors = toggle(
    'Only errors',
    () => filter.errors,
    () => (filter.errors = !filter.errors),
  );
  const people = toggle(
    'People too',
    () => filter.people,
    () => (filter.people = !filter.people),
  );
  const beats = toggle(
    'Heartbeats',
    () => filter.beats,
    () => (filter.beats = !filter.beats),
  );
  const text = h('input', {
    type: 'search',
    class: 'panel-search',
    placeholder: 'Find…',
    'aria-label': 'Find in the traffic',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  text.value = filter.text;
  text.addEventListener('input', () => {
    filter.text = text.value;
    changed();
  });
  const app = h('select', { class: 'panel-select', 'aria-label': 'Bot', hidden: true });
  app.addEventListener('change', () => {
    filter.app = app.value;
    changed();
  });
  const cogs = h('div', { class: 'panel-cogs', role: 'group', 'aria-label': 'Cogs' });
  /** @type {Map<string, HTMLElement>} */
  const chips = new Map();

  /** @param {string} cog */
  function chip(cog) {
    const has = () => filter.cogs.includes(cog);
    const made =
      chips.get(cog) ??
      toggle(
        cog || 'no cog',
        has,
        () => (filter.cogs = has() ? filter.cogs.filter((each) => each !== cog) : [...filter.cogs, cog]),
      );
    chips.set(cog, made);
    return made;
  }

  function refresh() {
    for (const [button, on] of toggles) {
      const pressed = String(on());
      if (button.getAttribute('aria-pressed') !== pressed) button.setAttribute('aria-pressed', pressed);
    }
  }

  /** Offer the cogs and bots that have been seen. */
  function offer() {
    const seen = [...new Set([...entries.cogs, ...filter.cogs])].filter(Boolean).sort();
    arrange(cogs, seen.length ? [...seen, NO_COG].map(chip) : []);
    const bots = [...entries.apps].sort();
    const options = ['', ...bots].map((id) => (id ? entries.names.user(id) : 'All bots'));
    if (app.options.length !== options.length || options.some((name, i) => app.options[i]?.text !== name)) {
      app.replaceChildren(...options.map((name, i) => h('option', { value: bots[i - 1] ?? '' }, name)));
    }
    if (!bots.includes(filter.app)) filter.app = '';
    app.value = filter.app;
    app.hidden = bots.length < 2;
    refresh();
  }

  const element = h(
    'div',
    { class: 'panel-filters', role: 'group', 'aria-label': 'What is shown' },
    h('div', { class: 'panel-group', role: 'group', 'aria-label': 'Kind' }, kinds),
    errors,
    cogs,
    app,
    text,
    people,
    beats,
  );
  offer();
  return { element, offer };
}
