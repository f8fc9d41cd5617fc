/** Makes trouble on purpose: ready-made buttons, what is set and how often it happened, and all clear. */
/** @import {Entries} from './panelentries.js' */
/** @import {Request} from './request.js' */
/** @import {Trouble} from './paneltroubles.js' */
import { toast } from './announcer.js';
import { h, icon } from './dom.js';
import { EVENTS, REQUESTS, ROUTES, TIMES, TROUBLES, described, stepped } from './paneltroubles.js';
import { ApiError, sentence } from './request.js';

const NOT_FOUND = 404;

/** Trouble that is set, and the route that takes it back. @typedef {{words: string, route: string}} Active */
/** @typedef {[method: string, path: string, body?: unknown]} Call */

/**
 * @param {Entries} entries
 * @param {() => Request} asker requests as whoever one is at the moment
 * @param {{onClose: () => void, onCount: (active: number) => void}} hooks
 */
export function createTrouble(entries, asker, { onClose, onCount }) {
  const times = choice('How often', Object.keys(TIMES));
  const requests = choice('Which requests', Object.keys(REQUESTS));
  const events = choice('Which events', Object.keys(EVENTS));
  const bot = h('select', { class: 'panel-select' });
  const botField = h('label', { class: 'panel-field', hidden: true }, 'Which bot', bot);
  const list = h('ul', { class: 'panel-active', role: 'list' });
  const nothing = h('p', { class: 'hint' }, 'Nothing is set: all works as it should.');
  const outcome = h('p', { class: 'panel-outcome', role: 'status' });
  const clear = h('button', { type: 'button', class: 'button secondary panel-clear' }, 'All clear');
  /** Bots that are or were connected, by application id. @type {string[]} */
  let bots = [];

  async function refresh() {
    try {
      const ask = asker();
      const [faults, frames, sessions, time] = await Promise.all([
        ask('GET', ROUTES.requests),
        ask('GET', ROUTES.events),
        ask('GET', ROUTES.line),
        ask('GET', ROUTES.clock),
      ]);
      const connected = sessions.map((/** @type {any} */ each) => each.application_id);
      bots = [...new Set([...connected, ...entries.apps])].filter(Boolean).sort();
      drawBots();
      const name = (/** @type {string} */ id) => entries.names.user(id);
      draw([
        ...faults.map((/** @type {any} */ fault) => active(fault, 'requests', name)),
        ...frames.map((/** @type {any} */ fault) => active(fault, 'events', name)),
        ...(time.offset ? [{ words: stepped(time.offset), route: ROUTES.clock }] : []),
      ]);
    } catch (error) {
      tell(sentence(error), true);
    }
  }

  function drawBots() {
    const chosen = bot.value;
    bot.replaceChildren(
      h('option', { value: '' }, 'all bots'),
      ...bots.map((id) => h('option', { value: id }, entries.names.user(id))),
    );
    bot.value = bots.includes(chosen) ? chosen : '';
    botField.hidden = bots.length < 2;
  }

  /** @param {Active[]} set */
  function draw(set) {
    const focused = list.contains(document.activeElement);
    list.replaceChildren(
      ...set.map((each) =>
        h(
          'li',
          null,
          h('span', null, each.words),
          h(
            'button',
            {
              type: 'button',
              class: 'tool',
              'aria-label': `Remove: ${each.words}`,
              on: { click: () => act('Removed', [['DELETE', each.route]]) },
            },
            icon('close'),
          ),
        ),
      ),
    );
    nothing.hidden = set.length > 0;
    onCount(set.length);
    if (focused && !list.contains(document.activeElement)) (list.querySelector('button') ?? clear).focus();
  }

  /** @param {string} text @param {boolean} [wrong] */
  function tell(text, wrong = false) {
    outcome.classList.toggle('problem', wrong);
    outcome.textContent = text;
  }

  /** Do all of it, also where some is refused. @param {string} done @param {Call[]} calls */
  async function act(done, calls) {
    const ask = asker();
    const answers = await Promise.allSettled(calls.map(([method, path, body]) => ask(method, path, body)));
    const refused = answers.find((each) => each.status === 'rejected');
    const touched = answers.reduce(
      (sum, each) => sum + (each.status === 'fulfilled' ? (each.value?.sessions ?? 0) : 0),
      0,
    );
    if (refused) tell(`Refused: ${sentence(refused.reason)}`, true);
    else tell(done.replace('%', touched === 1 ? '1 connection' : `${touched} connections`));
    await refresh();
  }

  /** @param {Trouble} trouble */
  async function make({ kind, label, body, counted }) {
    const often = counted ? { times: TIMES[times.select.value] } : {};
    if (kind === 'requests') {
      const whose = bot.value ? { application_id: bot.value } : { whom: 'bots' };
      const fault = { ...body, ...REQUESTS[requests.select.value], ...often, ...whose };
      return act(`Set: ${label}`, [['POST', ROUTES.requests, fault]]);
    }
    if (kind === 'clock') return act(`Done: ${label}`, [['POST', ROUTES.clock, body]]);
    const meant = bot.value ? [bot.value] : bots;
    if (!meant.length) return tell('No bot is connected.', true);
    // people's own connections are never meant, so each bot is named
    const more = kind === 'events' ? { event: EVENTS[events.select.value] } : {};
    const done = kind === 'events' ? `Set: ${label}` : `Done to %: ${label}`;
    return act(
      done,
      meant.map((id) => ['POST', ROUTES[kind], { ...body, ...more, ...often, application_id: id }]),
    );
  }

  async function allClear() {
    /** @type {Call[]} */
    const calls = [
      ['DELETE', ROUTES.requests],
      ['DELETE', ROUTES.events],
      ['DELETE', ROUTES.clock],
      ['POST', ROUTES.line, { action: 'heal' }],
    ];
    // first, for it would go on making trouble
    await asker()('DELETE', ROUTES.script).catch(unlessMissing);
    await act('All clear', calls);
  }

  clear.addEventListener('click', () => void allClear());
  const fields = { 0: requests.field, 1: events.field };
  const element = h(
    'div',
    { class: 'panel-trouble' },
    h(
      'div',
      { class: 'panel-side-head' },
      h('h3', null, 'Trouble on purpose'),
      h(
        'button',
        { type: 'button', class: 'tool', 'aria-label': 'Close trouble', on: { click: onClose } },
        icon('close'),
      ),
    ),
    h('div', { class: 'panel-now' }, nothing, list, h('div', { class: 'panel-now-foot' }, clear, outcome)),
    h('div', { class: 'panel-fields' }, times.field, botField),
    TROUBLES.map(({ title, hint, troubles }, index) =>
      h(
        'section',
        { 'aria-label': title },
        h('h4', null, title),
        h('p', { class: 'hint' }, hint),
        fields[/** @type {0|1} */ (index)] ?? null,
        h(
          'div',
          { class: 'panel-actions' },
          troubles.map((trouble) =>
            h(
              'button',
              { type: 'button', class: 'panel-chip', on: { click: () => void make(trouble) } },
              trouble.label,
            ),
          ),
        ),
      ),
    ),
  );
  return { element, refresh };
}

/** @param {unknown} error what a request for something that need not be there may end with */
function unlessMissing(error) {
  if (!(error instanceof ApiError && error.status === NOT_FOUND)) toast(sentence(error), 'error');
}

/** @param {any} fault @param {'requests'|'events'} kind @param {(id: string) => string} name @returns {Active} */
const active = (fault, kind, name) => ({
  words: described(fault, kind, name),
  route: `${ROUTES[kind]}/${fault.number}`,
});

/** @param {string} label @param {string[]} names */
function choice(label, names) {
  const select = h(
    'select',
    { class: 'panel-select' },
    names.map((name) => h('option', { value: name }, name)),
  );
  return { select, field: h('label', { class: 'panel-field' }, label, select) };
}
