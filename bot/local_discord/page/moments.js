/** How times are written, in the reader's own language and zone. */
import { h } from './dom.js';

/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => new Intl.DateTimeFormat(undefined, options);

const CLOCK = format({ hour: '2-digit', minute: '2-digit' });
const DAY = format({ day: 'numeric', month: 'long', year: 'numeric' });
const FULL = format({
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const SHORT = format({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });

/** Discord's timestamp styles. @type {Record<string, Intl.DateTimeFormat>} */
const STYLES = {
  t: CLOCK,
  T: format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  d: format({ day: '2-digit', month: '2-digit', year: 'numeric' }),
  D: DAY,
  f: format({ day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' }),
  F: FULL,
  s: format({ day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit' }),
  S: format({
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }),
};

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** @param {Date} date @param {number} now milliseconds */
export function relative(date, now) {
  const seconds = Math.round((date.getTime() - now) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

/** @param {Date} a @param {Date} b */
export const sameDay = (a, b) => a.toDateString() === b.toDateString();

/** @param {Date} date */
export const day = (date) => DAY.format(date);

/** A message's time: the clock alone today, the date too before. @param {string} iso @param {{brief?: boolean}} [options] */
export function messageTime(iso, { brief = false } = {}) {
  const date = new Date(iso);
  const today = brief || sameDay(date, new Date());
  return h(
    'time',
    { datetime: iso, title: FULL.format(date), class: 'time' },
    today ? CLOCK.format(date) : SHORT.format(date),
  );
}

/** A `<t:…>` of a message's text. @param {number} seconds @param {string} style */
export function stamp(seconds, style) {
  const date = new Date(seconds * 1000);
  const element = h('time', { datetime: date.toISOString(), title: FULL.format(date), class: 'stamp' });
  if (style === 'R') {
    element.dataset.relative = String(date.getTime());
    element.textContent = relative(date, Date.now());
  } else element.textContent = (STYLES[style] ?? FULL).format(date);
  return element;
}

/** Keep what is written as "3 minutes ago" true. */
export function keepTime() {
  setInterval(() => {
    for (const element of document.querySelectorAll('time[data-relative]')) {
      if (!(element instanceof HTMLElement)) continue;
      const text = relative(new Date(Number(element.dataset.relative)), Date.now());
      if (element.textContent !== text) element.textContent = text;
    }
  }, 15_000);
}
