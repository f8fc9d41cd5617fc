/** The kinds of trouble that can be made, in plain words, and what each asks of the server. */

/** @typedef {'requests'|'events'|'line'|'clock'} TroubleKind */
/**
 * `body` is sent to the kind's route; `counted` says that it happens a number of times and then is over.
 *
 * @typedef {{kind: TroubleKind, label: string, body: Record<string, unknown>, counted: boolean}} Trouble
 */

export const ROUTES = {
  requests: '/local/faults',
  events: '/local/gateway/faults',
  line: '/local/gateway',
  clock: '/local/clock',
  script: '/local/script',
};

const slowDown = {
  status: 429,
  headers: { Via: '1.1 google', 'Retry-After': '2', 'X-RateLimit-Scope': 'user' },
  body: { message: 'You are being rate limited.', retry_after: 2, global: false },
};

/** @param {TroubleKind} kind @param {boolean} counted @returns {(label: string, body: Record<string, unknown>) => Trouble} */
const maker = (kind, counted) => (label, body) => ({ kind, label, body, counted });
const request = maker('requests', true);
const event = maker('events', true);
const line = maker('line', false);
const clock = maker('clock', false);

/** @type {{title: string, hint: string, troubles: Trouble[]}[]} */
export const TROUBLES = [
  {
    title: 'Discord’s answers',
    hint: 'For the bots’ requests.',
    troubles: [
      request('3 seconds late', { delay: 3 }),
      request('Error 500, after doing it', { status: 500, when: 'after' }),
      request('Error 500, without doing it', { status: 500, when: 'before' }),
      request('No answer, after doing it', { hang: true, when: 'after' }),
      request('“Slow down” (429)', slowDown),
    ],
  },
  {
    title: 'Events',
    hint: 'For what Discord tells the bots.',
    troubles: [
      event('Lose one', { action: 'drop' }),
      event('Send one twice', { action: 'duplicate' }),
      event('Swap two', { action: 'reorder' }),
      event('3 seconds late', { action: 'delay', seconds: 3 }),
      event('Send half of one', { action: 'corrupt' }),
    ],
  },
  {
    title: 'The connection',
    hint: 'Happens at once.',
    troubles: [
      line('Cut it', { action: 'cut' }),
      line('Ask the bot to reconnect', { action: 'reconnect' }),
      line('Forget the session', { action: 'invalidate' }),
      line('Half-open: nothing passes', { action: 'half_open' }),
      line('A slow line', { action: 'slow', bytes_per_second: 200 }),
      line('Heal the line', { action: 'heal' }),
    ],
  },
  {
    title: 'The server’s clock',
    hint: 'It goes on from there.',
    troubles: [
      clock('An hour forward', { step: 3600 }),
      clock('A day forward', { step: 86_400 }),
      clock('A minute back', { step: -60 }),
    ],
  },
];

/** Which requests: a name for people and what the server understands. @type {Record<string, Record<string, string>>} */
export const REQUESTS = {
  'any request': { path: '/api/*' },
  'answers to commands and buttons': { method: 'POST', path: '*/callback' },
  'new messages': { method: 'POST', path: '*/messages' },
  'edited messages': { method: 'PATCH', path: '*/messages/*' },
  webhooks: { path: '/api/*/webhooks/*' },
};

/** @type {Record<string, string>} */
export const EVENTS = {
  'any event': '*',
  commands: 'INTERACTION_CREATE',
  messages: 'MESSAGE_CREATE',
  reactions: 'MESSAGE_REACTION_*',
};

/** @type {Record<string, number|null>} */
export const TIMES = { once: 1, '3 times': 3, 'until all clear': null };

/** @param {number} seconds */
export function stepped(seconds) {
  const size = Math.abs(seconds);
  /** @type {[number, string]} */
  const [unit, name] = size >= 86_400 ? [86_400, 'day'] : size >= 3600 ? [3600, 'hour'] : [60, 'minute'];
  const count = Number((size / unit).toFixed(1));
  return `The clock is ${count} ${name}${count === 1 ? '' : 's'} ${seconds > 0 ? 'ahead' : 'behind'}`;
}

/** @param {any} fault as the server holds it @param {'requests'|'events'} kind @param {(id: string) => string} bot */
export function described(fault, kind, bot) {
  const what = kind === 'requests' ? effect(fault) : happening(fault);
  const where =
    kind === 'requests'
      ? (nameOf(REQUESTS, (each) => each.path === fault.path && (each.method ?? '') === fault.method) ??
        `${fault.method} ${fault.path}`)
      : (nameOf(EVENTS, (each) => each === fault.event) ?? fault.event);
  const whom = fault.application_id ? `, ${bot(fault.application_id)}` : '';
  const skip = fault.skip ? `, after ${fault.skip} more` : '';
  const left = fault.times === null ? 'every time' : often(fault.times);
  const happened = fault.happened ? `, happened ${often(fault.happened)}` : '';
  return `${what} — ${where.trim()}${whom}, ${left}${skip}${happened}`;
}

/** @param {number} count */
const often = (count) => (count === 1 ? 'once' : `${count} times`);

/** @param {any} fault */
function effect({ delay, status, hang, cut, answer, when, bytes_per_second: pace }) {
  const parts = [];
  if (delay) parts.push(`${delay} s late`);
  if (hang) parts.push('no answer');
  if (cut) parts.push('cut off');
  if (status) parts.push(`error ${status}`);
  if (answer) parts.push(`${String(answer).replace('_', ' ')} answer`);
  if (pace) parts.push(`${pace} bytes a second`);
  if (when === 'after' && (status || hang || cut)) parts.push('after doing it');
  return parts.join(', ') || 'nothing';
}

/** @param {any} fault */
function happening({ action, seconds }) {
  const names = { drop: 'lost', duplicate: 'sent twice', reorder: 'swapped', corrupt: 'broken in half' };
  return names[/** @type {keyof typeof names} */ (action)] ?? (seconds ? `${seconds} s late` : action);
}

/** @template T @param {Record<string, T>} table @param {(value: T) => boolean} fits */
const nameOf = (table, fits) => Object.entries(table).find(([, value]) => fits(value))?.[0];
