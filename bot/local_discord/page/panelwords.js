/** What a request or a frame is about, in a few plain words. */
/** @import {Names} from './panelnames.js' */

const LONGEST = 90;
const LOADING = 1 << 7;
const CALLBACKS = {
  5: 'will answer later',
  6: 'takes the press',
  7: 'changes the message',
  12: 'opens the app',
};
/** Frames that are no events: Discord's name for each, and what it says. @type {Record<number, [string, string]>} */
const OPS = {
  1: ['HEARTBEAT', 'is there'],
  2: ['IDENTIFY', 'logs in'],
  3: ['PRESENCE_UPDATE', 'says what it is doing'],
  4: ['VOICE_STATE_UPDATE', 'goes to a voice channel'],
  6: ['RESUME', 'takes up its session again'],
  7: ['RECONNECT', 'is asked to come back'],
  8: ['REQUEST_GUILD_MEMBERS', 'asks for members'],
  9: ['INVALID_SESSION', 'must start a new session'],
  10: ['HELLO', 'is greeted'],
  11: ['HEARTBEAT_ACK', 'is heard'],
};

/** @param {unknown} text */
export function quoted(text) {
  const line = String(text ?? '')
    .replace(/\s+/g, ' ')
    .trim();
  return line ? `“${line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line}”` : '';
}

/** What a message shows, whatever it is made of. @param {any} message */
function said(message) {
  if (!message || typeof message !== 'object') return '';
  if (message.content) return quoted(message.content);
  const title = message.embeds?.[0]?.title ?? message.embeds?.[0]?.description;
  if (title) return `a card ${quoted(title)}`;
  if (message.components?.length) return 'components';
  if (message.attachments?.length) return 'a file';
  return message.flags & LOADING ? 'is thinking' : '';
}

/** @param {any} author */
const nameOf = (author) => author?.global_name ?? author?.username ?? 'Somebody';

/** @param {any} d an interaction @returns {string} */
export function used(d) {
  const who = nameOf(d?.member?.user ?? d?.user);
  const { data = {} } = d ?? {};
  if (d?.type === 2)
    return `${who} uses ${data.type > 1 ? quoted(data.name) : `/${data.name}${options(data)}`}`;
  if (d?.type === 3) return `${who} presses ${quoted(data.custom_id)}`;
  if (d?.type === 4) return `${who} types in /${data.name}${options(data)}`;
  if (d?.type === 5) return `${who} sends the form ${quoted(data.custom_id)}`;
  return `${who} does something`;
}

/** @param {any} data @returns {string} */
function options(data) {
  const parts = (data?.options ?? []).map((/** @type {any} */ each) =>
    each.type <= 2 ? `${each.name}${options(each)}` : `${each.name}: ${each.value ?? ''}`,
  );
  return parts.length ? ` ${parts.join(' ')}`.slice(0, LONGEST) : '';
}

/** @param {any} body */
function callback({ type, data } = /** @type {any} */ ({})) {
  if (type === 4) return `answers ${said(data)}`;
  if (type === 8) {
    const count = data?.choices?.length ?? 0;
    return `suggests ${count} ${count === 1 ? 'choice' : 'choices'}`;
  }
  if (type === 9) return `opens the form ${quoted(data?.title)}`;
  return CALLBACKS[/** @type {keyof typeof CALLBACKS} */ (type)] ?? `answers (${type})`;
}

/**
 * By method and route; the first that fits speaks.
 *
 * @type {[RegExp, (e: any, names: Names, id: (part: string) => string) => string][]}
 */
const REQUESTS = [
  [/^POST .*\/callback$/, (e) => callback(e.body ?? {})],
  [
    /^POST \/interactions$/,
    (e) => `uses ${e.body?.data?.name ? `/${e.body.data.name}` : quoted(e.body?.data?.custom_id)}`,
  ],
  [
    /^POST \/webhooks\/\{webhook_id\}\/\{token\}$/,
    (e) => `${e.body?.username ? `as ${e.body.username}: ` : ''}${said(e.body)}`,
  ],
  [/^PATCH \/webhooks\/.*\/messages\//, (e) => `its answer becomes ${said(e.body)}`],
  [/^DELETE \/webhooks\/.*\/messages\//, () => 'takes its answer back'],
  [/^POST .*\/messages$/, (e, names, id) => `${said(e.body)} in ${names.channel(id('channels'))}`],
  [/^PATCH .*\/messages\/\{message_id\}$/, (e) => `becomes ${said(e.body)}`],
  [/^DELETE .*\/messages\/\{message_id\}$/, (_, names, id) => `deletes in ${names.channel(id('channels'))}`],
  [/^GET .*\/messages$/, (_, names, id) => `reads ${names.channel(id('channels'))}`],
  [/^PUT .*\/reactions\//, (_e, _n, id) => `reacts with ${decoded(id('reactions'))}`],
  [/^DELETE .*\/reactions\//, (_e, _n, id) => `takes ${decoded(id('reactions'))} back`],
  [/^PUT .*\/polls\/.*\/answers\/@me$/, (_, names, id) => `votes in ${names.channel(id('channels'))}`],
  [/^POST .*\/polls\/.*\/expire$/, (_, names, id) => `ends a poll in ${names.channel(id('channels'))}`],
  [/^PUT .*\/pins\//, (_, names, id) => `pins in ${names.channel(id('channels'))}`],
  [/^DELETE .*\/pins\//, (_, names, id) => `unpins in ${names.channel(id('channels'))}`],
  [/^POST .*\/threads$/, (e) => `opens the thread ${quoted(e.body?.name)}`],
  [/^POST .*\/typing$/, (_, names, id) => `types in ${names.channel(id('channels'))}`],
  [/^POST .*\/webhooks$/, (_, names, id) => `makes a webhook in ${names.channel(id('channels'))}`],
  [/^PUT .*\/commands$/, (e) => `offers ${commands(e.body)}`],
  [/^POST .*\/commands$/, (e) => `offers /${e.body?.name}`],
  [/^(GET|PATCH) \/channels\/\{channel_id\}$/, (_, names, id) => names.channel(id('channels'))],
  [/^GET \/gateway/, () => 'asks where the gateway is'],
  [/^GET .*\/(users|applications)\/@me$/, () => 'asks who it is'],
];

/** @param {any} body */
function commands(body) {
  if (!Array.isArray(body) || !body.length) return 'no commands';
  return body
    .map(({ name }) => `/${name}`)
    .join(' ')
    .slice(0, LONGEST);
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not every client encodes as it should
  }
}

/** With names for the ids in it. @param {string} text @param {Names} names */
const named = (text, names) =>
  text.replace(/<(@!?|#)(\d+)>/g, (_, sign, id) => (sign === '#' ? names.channel(id) : `@${names.user(id)}`));

/** @param {any} entry a request @param {Names} names */
export const aboutRequest = (entry, names) => named(request(entry, names), names);

/** @param {any} entry a frame @param {Names} names */
export const aboutFrame = (entry, names) => named(event(entry, names), names);

/** @param {any} entry @param {Names} names */
function request(entry, names) {
  const parts = String(entry.path ?? '').split('/');
  const id = (/** @type {string} */ part) => parts[parts.lastIndexOf(part) + 1] ?? '';
  const line = `${entry.method} ${entry.route}`;
  const about = REQUESTS.find(([pattern]) => pattern.test(line))?.[1](entry, names, id) ?? '';
  if (!entry.status) return `${about} — never answered`;
  if (entry.status < 400) return about;
  const { message, code } = entry.answer ?? {};
  return `${message ?? 'refused'}${code ? ` (${code})` : ''}${about ? ` — ${about}` : ''}`;
}

/** What a frame is called. @param {any} entry @returns {string} */
export const frameName = ({ t, op }) => t ?? OPS[op]?.[0] ?? (op === null ? 'no JSON' : `op ${op}`);

/** @param {any} entry @param {Names} names @returns {string} */
function event({ op, t, d }, names) {
  if (op !== 0) return OPS[op]?.[1] ?? (op === null ? 'cannot be read' : '');
  const where = names.channel(d?.channel_id);
  switch (t) {
    case 'INTERACTION_CREATE':
      return used(d);
    case 'MESSAGE_CREATE':
      return `${nameOf(d?.author)} in ${where}${said(d) && `: ${said(d)}`}`;
    case 'MESSAGE_UPDATE':
      return `changed in ${where}${said(d) && `: ${said(d)}`}`;
    case 'MESSAGE_DELETE':
    case 'MESSAGE_DELETE_BULK':
      return `gone from ${where}`;
    case 'MESSAGE_REACTION_ADD':
    case 'MESSAGE_REACTION_REMOVE':
      return `${names.user(d?.user_id)}: ${d?.emoji?.name ?? ''} in ${where}`;
    case 'MESSAGE_POLL_VOTE_ADD':
    case 'MESSAGE_POLL_VOTE_REMOVE':
      return `${names.user(d?.user_id)} in ${where}`;
    case 'TYPING_START':
      return `${names.user(d?.user_id)} types in ${where}`;
    case 'READY':
      return `logged in as ${nameOf(d?.user)}`;
    default:
      return d?.name ? quoted(d.name) : where;
  }
}
