/** One entry in full: facts, what was sent and answered as text, and a picture of the interaction it belongs to. */
/** @import {Entries, Row} from './panelentries.js' */
import { copy } from './clipboard.js';
import { h, icon } from './dom.js';
import { clock, duration } from './paneltable.js';

const LONGEST = 200_000;
const SHELL_SAFE = /'/g;

/** @param {number} ms */
const spoken = (ms) => (ms < 10_000 ? `${duration(ms)} ms` : duration(ms));

/** @param {unknown} value */
function pretty(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return text.length > LONGEST
    ? `${text.slice(0, LONGEST)}\n… and ${text.length - LONGEST} more characters`
    : text;
}

/** The request as a shell line; the token is the reader's to put in. @param {any} entry */
export function asCurl(entry) {
  const quote = (/** @type {string} */ text) => `'${text.replace(SHELL_SAFE, "'\\''")}'`;
  const address = `${location.origin}${entry.path}${entry.query ? `?${entry.query}` : ''}`;
  const lines = [`curl -X ${entry.method} ${quote(address)}`];
  if (entry.application_id) lines.push(`-H "Authorization: Bot $DISCORD_TOKEN"`);
  if (entry.body !== null && !['GET', 'DELETE'].includes(entry.method)) {
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(entry.body))}`);
  }
  return lines.join(' \\\n  ');
}

/** @param {string} label @param {unknown} value */
const fact = (label, value) =>
  value ? h('div', { class: 'panel-fact' }, h('dt', null, label), h('dd', null, String(value))) : null;

/** @param {string} title @param {unknown} value */
function section(title, value) {
  if (value === null || value === undefined || (typeof value === 'object' && !Object.keys(value).length))
    return null;
  return h(
    'section',
    null,
    h('h4', null, title),
    h('pre', { class: 'panel-json', role: 'group', tabindex: 0, 'aria-label': title }, pretty(value)),
  );
}

/**
 * An interaction from the moment it was sent to its last message.
 *
 * @param {Entries} entries @param {string} interaction @param {Row} chosen @param {(row: Row) => void} onChoose
 */
function waterfall(entries, interaction, chosen, onChoose) {
  const family = entries.family(interaction).filter((row) => !row.person && row.began >= 0);
  if (family.length < 2) return null;
  const start = Math.min(...family.map((row) => row.began));
  const length = Math.max(1, Math.max(...family.map((row) => row.ended)) - start);
  const bars = family.map((row) => {
    const name = row.kind === 'rest' ? `${row.way} ${row.what}` : row.what;
    const begun = row.began === start ? 'the start' : `after ${spoken(row.began - start)}`;
    const when = row.ms === null ? begun : `${begun}, took ${spoken(row.ms)}`;
    const bar = h('span', { class: `panel-span ${row.kind}${row.bad ? ' bad' : ''}`, 'aria-hidden': 'true' });
    bar.style.setProperty('--from', String((row.began - start) / length));
    bar.style.setProperty('--long', String((row.ended - row.began) / length));
    return h(
      'li',
      null,
      h(
        'button',
        {
          type: 'button',
          class: 'panel-fall',
          title: name,
          'aria-current': row.n === chosen.n ? 'true' : null,
          on: { click: () => onChoose(row) },
        },
        h('span', { class: 'panel-fall-name' }, row.about || name),
        h('span', { class: 'panel-fall-when' }, when),
        h('span', { class: 'panel-track' }, bar),
      ),
    );
  });
  return h(
    'section',
    null,
    h('h4', null, 'The whole interaction'),
    h('ol', { class: 'panel-falls', role: 'list' }, bars),
  );
}

/**
 * @param {Entries} entries @param {Row} row
 * @param {{onChoose: (row: Row) => void, onClose: () => void}} hooks
 */
export function details(entries, row, { onChoose, onClose }) {
  const { entry } = row;
  const rest = row.kind === 'rest';
  const interaction = entries.interactionOf(row);
  const frame = { op: entry.op, s: entry.s, t: entry.t, d: entry.d };
  const app = entries.appOf(row);
  return h(
    'div',
    { class: 'panel-details' },
    h(
      'div',
      { class: 'panel-side-head' },
      h('h3', null, rest ? `${row.way} ${row.what}` : row.what),
      h(
        'button',
        { type: 'button', class: 'tool', 'aria-label': 'Close the details', on: { click: onClose } },
        icon('close'),
      ),
    ),
    row.about && h('p', { class: 'panel-side-about' }, row.about),
    h(
      'div',
      { class: 'panel-actions' },
      rest &&
        h(
          'button',
          { type: 'button', class: 'panel-chip', on: { click: () => copy(asCurl(entry)) } },
          'Copy as curl',
        ),
      h(
        'button',
        { type: 'button', class: 'panel-chip', on: { click: () => copy(pretty(entry)) } },
        'Copy as JSON',
      ),
    ),
    h(
      'dl',
      { class: 'panel-facts' },
      fact('Time', `${clock(row.began)}${rest ? ` to ${clock(row.ended)}` : ''}`),
      fact('Took', row.ms === null ? '' : spoken(row.ms)),
      fact('Answer', rest ? (entry.status ? entry.status : 'none') : ''),
      fact('Trouble', entry.fault ? `yes, number ${entry.fault}` : ''),
      fact('Path', rest ? `${entry.path}${entry.query ? `?${entry.query}` : ''}` : ''),
      fact('Number', rest ? '' : entry.s),
      fact('Cog', entries.cogOf(row)),
      fact('Bot', app && entries.names.user(app)),
      fact('Person', row.person && entries.names.user(entry.user_id)),
      fact('Client', entry.client),
      fact('Session', entry.session_id),
      fact('Files', entry.files?.join(', ')),
    ),
    interaction ? waterfall(entries, interaction, row, onChoose) : null,
    rest ? section('Sent', entry.body) : null,
    rest ? section('Answered', entry.answer) : null,
    rest ? null : section('Frame', frame),
  );
}
