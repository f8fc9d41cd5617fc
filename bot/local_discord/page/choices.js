/** What can be chosen in a select: its own options, or people, roles and channels. */
/** @import {Component, Emoji} from './types.js' */
/** @import {Store} from './store.js' */
import { isThread } from './types.js';

/** @typedef {{label: string, value: string, default?: boolean|undefined}} Option */

export const STRING = 3;
export const USER = 5;
export const ROLE = 6;
export const MENTIONABLE = 7;
export const CHANNEL = 8;

/** @param {number} type */
export const isSelect = (type) => type === STRING || (type >= USER && type <= CHANNEL);

/** @param {Emoji|undefined} emoji */
export const emojiName = (emoji) => (emoji ? (emoji.id ? `:${emoji.name}:` : emoji.name) : '');

/** @param {Component} component @param {Store} store @param {string} guild @param {string} channel where it stands, for direct messages @returns {Option[]} */
export function choices(component, store, guild, channel) {
  const chosen = new Set((component.default_values ?? []).map(({ id }) => id));
  /** @param {string} label @param {string} value @returns {Option} */
  const option = (label, value) => ({ label, value, default: chosen.has(value) });
  const present = guild
    ? [...(store.members.get(guild)?.values() ?? [])].flatMap(({ user }) => (user ? [user] : []))
    : [...(store.channels.get(channel)?.recipients ?? []), store.users.get(store.me)].filter(
        (u) => u !== undefined,
      );
  const people = () => present.map((user) => option(store.nameOf(user, guild), user.id));
  const roles = () =>
    (store.guilds.get(guild)?.roles ?? []).map((role) => option(`@${role.name.replace(/^@/, '')}`, role.id));
  switch (component.type) {
    case USER:
      return people();
    case ROLE:
      return roles();
    case MENTIONABLE:
      return [...people(), ...roles()];
    case CHANNEL: {
      const types = component.channel_types ?? [];
      return [...store.channels.values()]
        .filter(
          (c) => guild && c.guild_id === guild && (types.length ? types.includes(c.type) : !isThread(c)),
        )
        .map((c) => option(`#${c.name}`, c.id));
    }
    default:
      return (component.options ?? []).map(({ label, value, description, emoji, default: on }) => ({
        label: [emojiName(emoji), label, description && `— ${description}`].filter(Boolean).join(' '),
        value,
        default: on,
      }));
  }
}

/** How many may be chosen, in words; nothing where it is just one. @param {number} least @param {number} most */
export function howMany(least, most) {
  if (least === most) return most === 1 ? '' : `Choose ${most}.`;
  return least === 0 ? `Choose up to ${most}.` : `Choose ${least} to ${most}.`;
}
