/** The entries the panel holds, and what belongs together among them: a bounded list, oldest first. */
import { Names } from './panelnames.js';
import { aboutFrame, aboutRequest, frameName } from './panelwords.js';

export const KEPT = 2000;
const BEATS = [1, 11];
const HELLO = 10;
const LOGINS = [2, 6];

/**
 * One line of the panel. `began` and `ended` are milliseconds of the server's clock; a frame takes no time. `person` says
 * that a person at the page caused it and no bot.
 *
 * @typedef {{n: number, kind: 'rest'|'gateway', way: string, what: string, about: string, status: string, bad: boolean,
 *   began: number, ended: number, ms: number|null, cog: string, app: string, person: boolean, beat: boolean,
 *   interaction: string, message: string, sought: string, entry: any}} Row
 */

export class Entries {
  names = new Names();
  /** @type {Row[]} */
  rows = [];
  /** Bots seen, by application id. @type {Set<string>} */
  apps = new Set();
  /** @type {Set<string>} */
  cogs = new Set();
  /** Interaction by its token. @type {Map<string, string>} */
  #tokens = new Map();
  /** Which cog and bot an interaction or message is of. @type {Map<string, {cog: string, app: string}>} */
  #owners = new Map();
  /** Which interaction a message answers. @type {Map<string, string>} */
  #answers = new Map();
  slowest = 1;

  /** Take entries in, each one line of JSON. @param {string[]} lines @returns {any[]} those that are entries */
  add(lines) {
    const read = lines.slice(-KEPT).map(parsed).filter(Boolean);
    for (const entry of read) {
      if (entry.kind === 'gateway') this.names.hear(entry.t, entry.d);
      this.rows.push(entry.kind === 'rest' ? this.#request(entry) : this.#frame(entry));
    }
    if (this.rows.length > KEPT) this.rows = this.rows.slice(-KEPT);
    if (this.#owners.size + this.#tokens.size + this.#answers.size > 12 * KEPT) this.#forget();
    this.slowest = this.rows.reduce((most, row) => Math.max(most, row.ms ?? 0), 1);
    return read;
  }

  clear() {
    this.rows = [];
    this.cogs.clear();
    this.apps.clear();
    this.#forget();
  }

  #forget() {
    const kept = new Set(this.rows.flatMap((row) => [row.interaction, row.message]));
    for (const map of [this.#owners, this.#answers])
      for (const id of map.keys()) if (!kept.has(id)) map.delete(id);
    for (const [token, id] of this.#tokens) if (!kept.has(id)) this.#tokens.delete(token);
  }

  /** The cog that a row is of, also where only a request that came later tells. @param {Row} row */
  cogOf = (row) => row.cog || this.#ownerOf(row)?.cog || '';
  /** The application that a row is of. @param {Row} row */
  appOf = (row) => row.app || this.#ownerOf(row)?.app || '';
  /** @param {Row} row */
  interactionOf = (row) => row.interaction || this.#answers.get(row.message) || '';

  /** @param {Row} row */
  #ownerOf(row) {
    const interaction = this.interactionOf(row);
    const direct = this.#owners.get(row.message);
    return direct?.cog ? direct : (this.#owners.get(interaction) ?? direct);
  }

  /** All that belongs to an interaction, in order of time. @param {string} interaction */
  family(interaction) {
    return this.rows
      .filter((row) => this.interactionOf(row) === interaction)
      .sort((a, b) => a.began - b.began || a.n - b.n);
  }

  /** @param {any} entry @returns {Row} */
  #request(entry) {
    const ended = Date.parse(entry.at);
    const parts = String(entry.path).split('/');
    const after = (/** @type {string} */ part) =>
      parts.includes(part) ? (parts[parts.indexOf(part) + 1] ?? '') : '';
    const interaction =
      after('interactions') ||
      [...parts]
        .reverse()
        .map((part) => this.#tokens.get(part))
        .find(Boolean) ||
      '';
    const posted =
      entry.answer?.id && /\/messages$|^\/webhooks\//.test(entry.route) ? String(entry.answer.id) : '';
    const named = after('messages');
    const message = posted || (/^\d+$/.test(named) ? named : '');
    const known = this.#owners.get(interaction);
    const app = entry.application_id ?? known?.app ?? '';
    const person = !entry.application_id && (Boolean(entry.user_id) || entry.route.startsWith('/local'));
    if (entry.cog) this.cogs.add(entry.cog);
    if (app) this.apps.add(app);
    if (!person && message && entry.method === 'POST') this.#own(message, entry.cog, app);
    if (!person && interaction) this.#own(interaction, entry.cog, app);
    if (interaction && message) this.#answers.set(message, interaction);
    const about = aboutRequest(entry, this.names);
    return {
      n: entry.number,
      kind: 'rest',
      way: entry.method,
      what: String(entry.route).replace(/(\/\{\w+\})+/g, '/…'),
      about,
      status: entry.status ? String(entry.status) : '—',
      bad: !entry.status || entry.status >= 400 || entry.fault !== null,
      began: ended - entry.milliseconds,
      ended,
      ms: entry.milliseconds,
      cog: entry.cog,
      app,
      person,
      beat: false,
      interaction,
      message,
      sought:
        `${entry.method} ${entry.path} ${entry.route} ${about} ${entry.status} ${entry.cog}`.toLowerCase(),
      entry,
    };
  }

  /** @param {any} entry @returns {Row} */
  #frame(entry) {
    const at = Date.parse(entry.at);
    const { op, t, d } = entry;
    const app = entry.application_id ?? '';
    const isMessage = String(t).startsWith('MESSAGE_');
    const message = isMessage ? String(d?.message_id ?? d?.id ?? '') : '';
    let interaction = '';
    if (t === 'INTERACTION_CREATE') {
      interaction = String(d?.id ?? '');
      if (d?.token) this.#tokens.set(d.token, interaction);
      this.#own(interaction, '', String(d?.application_id ?? app));
    } else if (String(t).startsWith('INTERACTION_')) interaction = String(d?.id ?? '');
    else if (isMessage && d?.interaction_metadata?.id) interaction = String(d.interaction_metadata.id);
    if (app) this.apps.add(app);
    const about = aboutFrame(entry, this.names);
    const out = entry.direction === 'out';
    const what = frameName(entry);
    const asPerson = LOGINS.includes(op) && String(d?.token).startsWith('local:');
    // whose greeting it is nobody knows yet
    const person = !app && (Boolean(entry.user_id) || asPerson || op === HELLO);
    return {
      n: entry.number,
      kind: 'gateway',
      way: `${out ? 'to' : 'from'} ${person ? 'page' : 'bot'}`,
      what,
      about,
      status: '',
      bad: op === 9 || op === 7 || op === null,
      began: at,
      ended: at,
      ms: null,
      cog: '',
      app,
      person,
      beat: BEATS.includes(op),
      interaction,
      message,
      sought: `${what} ${about}`.toLowerCase(),
      entry,
    };
  }

  /** @param {string} id @param {string} cog @param {string} app */
  #own(id, cog, app) {
    const known = this.#owners.get(id);
    this.#owners.set(id, { cog: cog || known?.cog || '', app: app || known?.app || '' });
  }
}

/** @param {string} line @returns {any} */
function parsed(line) {
  try {
    const entry = JSON.parse(line);
    return typeof entry?.number === 'number' ? entry : null;
  } catch {
    return null; // a line that cannot be read is not worth the whole panel
  }
}
