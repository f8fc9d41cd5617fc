/** Naming people, roles and channels in a text: `@name` and `#channel` while it is written, `<@id>` when it is sent. */
/** @import {Store} from './store.js' */
import { isThread } from './types.js';

/** @typedef {{sign: '@'|'#', name: string, tag: string, detail: string}} Mentionable */

const LISTED = 12;
const SIGNS = /[\s(,;:*_~|>-]/;

/** Whom and what a text in a server can name. @param {Store} store @param {string} guild @param {string} [channel] for direct messages @returns {Mentionable[]} */
export function mentionables(store, guild, channel = '') {
  const present = guild
    ? [...(store.members.get(guild)?.values() ?? [])].flatMap(({ user }) => (user ? [user] : []))
    : (store.channels.get(channel)?.recipients ?? []);
  /** @type {Mentionable[]} */
  const people = present.map((user) => ({
    sign: '@',
    name: store.nameOf(user, guild),
    tag: `<@${user.id}>`,
    detail: user.bot ? 'app' : (store.topRole(guild, user.id)?.name ?? ''),
  }));
  /** @type {Mentionable[]} */
  const roles = (store.guilds.get(guild)?.roles ?? [])
    .filter((role) => role.id !== guild && !role.managed)
    .map((role) => ({ sign: '@', name: role.name, tag: `<@&${role.id}>`, detail: 'role' }));
  /** @type {Mentionable[]} */
  const channels = [...store.channels.values()]
    .filter((known) => guild && known.guild_id === guild && known.type !== 4)
    .sort((a, b) => Number(isThread(a)) - Number(isThread(b)))
    .map((known) => ({
      sign: '#',
      name: store.channelName(known),
      tag: `<#${known.id}>`,
      detail: isThread(known) ? 'thread' : '',
    }));
  return [...people, ...roles, ...channels];
}

/** The `@…` or `#…` that is being written at the caret, if one is. @param {string} text @param {number} caret */
export function begun(text, caret) {
  const found = /(?:^|\s)([@#])([\p{L}\p{N}_.-]{0,32})$/u.exec(text.slice(0, caret));
  if (!found) return null;
  const [, sign = '@', query = ''] = found;
  return { sign, query: query.toLowerCase(), start: caret - query.length - 1 };
}

/** Those that fit what was begun, names that begin with it first. @param {Mentionable[]} all @param {{sign: string, query: string}} wanted */
export function fitting(all, { sign, query }) {
  /** @param {Mentionable} one */
  const place = (one) => one.name.toLowerCase().indexOf(query);
  return all
    .filter((one) => one.sign === sign && place(one) >= 0)
    .sort((a, b) => Math.sign(place(a)) - Math.sign(place(b)))
    .slice(0, LISTED);
}

/** The text as it is sent; the longest name wins, and of two that are called the same the first. @param {string} text @param {Mentionable[]} all */
export function withTags(text, all) {
  const byLength = [...all].sort((a, b) => b.name.length - a.name.length);
  // code stays as it was written
  return text
    .split(/(```[\s\S]*?```|`[^`\n]*`)/)
    .map((part, index) => (index % 2 ? part : tagged(part, byLength)))
    .join('');
}

/** @param {string} text @param {Mentionable[]} byLength */
function tagged(text, byLength) {
  let out = '';
  for (let i = 0; i < text.length;) {
    const boundary = i === 0 || SIGNS.test(text[i - 1] ?? ' ');
    const named = boundary && (text[i] === '@' || text[i] === '#');
    const rest = named ? text.slice(i + 1, i + 101).toLowerCase() : '';
    const hit = named
      ? byLength.find(
          ({ sign, name }) =>
            sign === text[i] &&
            rest.startsWith(name.toLowerCase()) &&
            !/[\p{L}\p{N}_]/u.test(rest[name.length] ?? ' '),
        )
      : undefined;
    out += hit ? hit.tag : text[i];
    i += hit ? hit.name.length + 1 : 1;
  }
  return out;
}

/** The text as it was written, for editing what was sent. @param {string} text @param {Mentionable[]} all */
export function withNames(text, all) {
  return all.reduce((left, { sign, tag, name }) => left.replaceAll(tag, `${sign}${name}`), text);
}
