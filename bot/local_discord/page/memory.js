/** What this tab remembers over a reload: the key, who one is, and what each person has read. Nothing outlives the tab. */
import { idOfNow } from './snowflake.js';

const KEY = 'cogswarm.key';
const MEMBER = 'cogswarm.member';
const READ = 'cogswarm.read';
const SINCE = 'cogswarm.since';
const DRAFTS = 'cogswarm.drafts';

/** The key from the address, which is then cleaned of it, or the one from before. */
export function takeKey() {
  const url = new URL(location.href);
  const given = url.searchParams.get('key');
  if (given) {
    if (given !== sessionStorage.getItem(KEY)) forget();
    sessionStorage.setItem(KEY, given);
    url.searchParams.delete('key');
    history.replaceState(null, '', url);
  }
  return sessionStorage.getItem(KEY) ?? '';
}

/** Another key is another server: what was remembered of the last one says nothing about it. */
function forget() {
  for (const name of [KEY, MEMBER, READ, SINCE, DRAFTS]) sessionStorage.removeItem(name);
}

export const lastMember = () => sessionStorage.getItem(MEMBER) ?? '';

/** @param {string} id */
export const rememberMember = (id) => sessionStorage.setItem(MEMBER, id);

/** What a person has read: nothing is unread that is older than this tab. @param {string} member @returns {import('./store.js').ReadMarks} */
export function readMarks(member) {
  const since = sessionStorage.getItem(SINCE) ?? idOfNow();
  sessionStorage.setItem(SINCE, since);
  /** @type {Record<string, Record<string, string>>} */
  const all = JSON.parse(sessionStorage.getItem(READ) ?? '{}');
  const mine = all[member] ?? {};
  return {
    get: (channel) => mine[channel] ?? since,
    set(channel, message) {
      mine[channel] = message;
      const now = JSON.parse(sessionStorage.getItem(READ) ?? '{}');
      sessionStorage.setItem(READ, JSON.stringify({ ...now, [member]: mine }));
    },
  };
}

/** @typedef {{get: (channel: string) => string, set: (channel: string, text: string) => void}} Drafts */

/** What a person has begun to write, by channel. @param {string} member @returns {Drafts} */
export function drafts(member) {
  /** @returns {Record<string, string>} */
  const all = () => JSON.parse(sessionStorage.getItem(DRAFTS) ?? '{}');
  return {
    get: (channel) => all()[`${member}/${channel}`] ?? '',
    set(channel, text) {
      const { [`${member}/${channel}`]: _, ...others } = all();
      const next = text ? { ...others, [`${member}/${channel}`]: text } : others;
      try {
        sessionStorage.setItem(DRAFTS, JSON.stringify(next));
      } catch {
        // the tab's storage is full: the text stays in its box, only leaving the channel loses it
      }
    },
  };
}
