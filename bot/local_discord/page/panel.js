/** The panel that shows the traffic between bots and the local Discord, and makes trouble on purpose. */
/** @import {Row} from './panelentries.js' */
/** @import {Filter} from './panelfilters.js' */
/** @import {StreamState} from './panelstream.js' */
import { h, icon, perFrame } from './dom.js';
import { TOGGLE } from './panelbutton.js';
import { details } from './paneldetails.js';
import { Entries } from './panelentries.js';
import { EVERYTHING, createFilters, shown } from './panelfilters.js';
import { USUAL, createSplitter } from './panelsplitter.js';
import { createStream } from './panelstream.js';
import { createTable } from './paneltable.js';
import { createTrouble } from './paneltrouble.js';
import { createRequest } from './request.js';

const STATE = 'cogswarm.panel';
const STATES = {
  connecting: '',
  live: '',
  lost: 'The server cannot be reached; trying again.',
  refused: 'This address is no longer good. Open the one that was printed last.',
};

/** What the tab remembers. @returns {{open: boolean, height: number, filter: Filter}} */
function remembered() {
  try {
    const held = JSON.parse(sessionStorage.getItem(STATE) ?? '{}');
    return {
      open: held.open === true,
      height: Number(held.height) || USUAL,
      filter: { ...EVERYTHING, ...held.filter },
    };
  } catch {
    return { open: false, height: USUAL, filter: { ...EVERYTHING } }; // what cannot be read was not written by us
  }
}

/** @param {string} key @param {() => string} member who one is at the moment */
export function startPanel(key, member) {
  const state = remembered();
  const entries = new Entries();
  const asker = () => createRequest(key, member());
  const phone = window.matchMedia('(max-width: 759px)');
  let paused = false;
  let people = state.filter.people;
  let clearedAt = 0;
  /** @type {'none'|'trouble'|'details'} */
  let side = 'none';
  /** @type {HTMLElement|null} */
  let opener = null;

  const stream = createStream(key, { onNews: perFrame(draw), onState: tell });
  const table = createTable(entries, { onChoose: open, onEnd: (atEnd) => (newest.hidden = atEnd) });
  const filters = createFilters(state.filter, entries, refilter);
  const trouble = createTrouble(entries, asker, {
    onClose: () => turn('none', troubleButton),
    onCount: (count) => (troubleCount.textContent = count ? ` (${count})` : ''),
  });
  const troubleCount = h('span');
  const troubleButton = h(
    'button',
    { type: 'button', class: 'panel-chip', 'aria-expanded': 'false', 'aria-controls': 'panel-side' },
    icon('warn'),
    'Trouble',
    troubleCount,
  );
  const pause = h('button', { type: 'button', class: 'panel-chip', 'aria-pressed': 'false' }, 'Pause');
  const clear = h('button', { type: 'button', class: 'panel-chip' }, 'Clear');
  const close = h(
    'button',
    { type: 'button', class: 'tool', 'aria-label': 'Close the traffic panel' },
    icon('close'),
  );
  const line = h('p', { class: 'panel-line', role: 'status' });
  const count = h('span', { class: 'panel-count' });
  const empty = h('p', { class: 'panel-empty hint' });
  const newest = h('button', { type: 'button', class: 'panel-newest', hidden: true }, icon('down'), 'Newest');
  const sideBox = h('div', { class: 'panel-side', id: 'panel-side', hidden: true });
  const splitter = createSplitter(state.height, (height) => {
    state.height = height;
    drawLarge();
    remember();
  });
  const large = h('button', { type: 'button', class: 'panel-chip panel-large' }, 'Larger');
  const element = h(
    'section',
    { class: 'panel', id: 'panel', 'aria-label': 'Traffic', hidden: true },
    splitter.element,
    h(
      'div',
      { class: 'panel-head' },
      h('h2', { class: 'panel-title', tabindex: -1 }, 'Traffic'),
      count,
      line,
      h('div', { class: 'panel-tools' }, troubleButton, pause, clear, large, close),
    ),
    filters.element,
    h(
      'div',
      { class: 'panel-body' },
      h('div', { class: 'panel-main' }, table.element, empty, newest),
      sideBox,
    ),
  );
  document.body.append(element);

  const remember = () =>
    sessionStorage.setItem(
      STATE,
      JSON.stringify({ open: state.open, height: state.height, filter: { ...state.filter, text: '' } }),
    );

  /** @param {StreamState} now */
  function tell(now) {
    line.textContent = STATES[now];
  }

  function draw() {
    if (!state.open) return;
    pause.textContent = paused ? `Go on${stream.waiting ? ` (${stream.waiting})` : ''}` : 'Pause';
    if (paused) return;
    const added = entries.add(stream.take());
    filters.offer();
    list();
    if (added.some((entry) => entry.fault || String(entry.route).startsWith('/local/')))
      void trouble.refresh();
  }

  function list() {
    const rows = shown(state.filter, entries);
    table.show(rows);
    count.textContent = `${rows.length}`;
    empty.hidden = rows.length > 0;
    empty.textContent = entries.rows.length
      ? 'Nothing of what passed fits. Show more above.'
      : 'Nothing yet. Use a command, or let a bot do something.';
  }

  function refilter() {
    remember();
    if (people !== state.filter.people) {
      // what was left out so far is heard again, from the last "Clear" on
      people = state.filter.people;
      entries.clear();
      stream.rewind(clearedAt);
      stream.start(people);
    }
    list();
  }

  /** @param {Row|null} row */
  function open(row) {
    if (!row) {
      const inside = sideBox.contains(document.activeElement);
      if (side === 'details') turn('none', inside ? table.element : undefined);
      return;
    }
    const chosen = details(entries, row, {
      onChoose: table.choose,
      onClose: () => table.choose(null),
    });
    const top = side === 'details' ? sideBox.scrollTop : 0;
    const focused = sideBox.contains(document.activeElement);
    turn('details');
    sideBox.replaceChildren(chosen);
    sideBox.scrollTop = top;
    if (focused) sideBox.querySelector('[aria-current]')?.closest('button')?.focus();
  }

  /** @param {typeof side} to @param {HTMLElement} [focus] where the focus goes back to */
  function turn(to, focus) {
    side = to;
    sideBox.hidden = to === 'none';
    element.classList.toggle('with-side', to !== 'none');
    sideBox.setAttribute('aria-label', to === 'trouble' ? 'Trouble' : 'Details');
    sideBox.setAttribute('role', 'region');
    if (to === 'trouble') sideBox.replaceChildren(trouble.element);
    troubleButton.setAttribute('aria-expanded', String(to === 'trouble'));
    focus?.focus({ preventScroll: true });
  }

  /** @param {boolean} on */
  function show(on) {
    state.open = on;
    element.hidden = !on;
    document.body.classList.toggle('panel-open', on);
    for (const button of document.querySelectorAll(TOGGLE)) button.setAttribute('aria-expanded', String(on));
    coverPage();
    remember();
    if (!on) return stream.stop();
    stream.start(people);
    void trouble.refresh();
    draw();
  }

  /** On a phone the panel covers the page, which is then out of reach for keyboard and screen reader too. */
  function coverPage() {
    const app = document.getElementById('app');
    if (app) app.inert = state.open && phone.matches;
  }

  function leave() {
    show(false);
    if (opener?.isConnected) opener.focus();
  }

  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest(TOGGLE) : null;
    if (!(button instanceof HTMLElement)) return;
    opener = button;
    show(!state.open);
    if (state.open) table.element.focus({ preventScroll: true });
  });
  phone.addEventListener('change', coverPage);
  const drawLarge = () => (large.textContent = splitter.large ? 'Smaller' : 'Larger');
  large.addEventListener('click', () => {
    splitter.toggle();
    table.toEnd();
  });
  close.addEventListener('click', leave);
  newest.addEventListener('click', () => {
    table.toEnd();
    table.element.focus({ preventScroll: true });
  });
  troubleButton.addEventListener('click', () => {
    if (side === 'trouble') return turn('none');
    table.choose(null);
    turn('trouble');
    table.toEnd();
    void trouble.refresh();
  });
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    draw();
  });
  clear.addEventListener('click', () => {
    stream.take();
    clearedAt = stream.heard;
    entries.clear();
    table.choose(null);
    filters.offer();
    list();
  });
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.stopPropagation();
    if (side === 'none') leave();
    else if (side === 'details') table.choose(null);
    else turn('none', troubleButton);
  });
  asker()('GET', '/local/scene').then(
    (scene) => entries.names.fill(scene),
    () => tell('lost'),
  );
  drawLarge();
  show(state.open);
}
