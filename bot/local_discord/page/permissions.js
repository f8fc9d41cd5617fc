/** What I may do in a channel, computed as Discord does; the server asks the same, so this only decides what is offered. */
/** @import {Channel} from './types.js' */
/** @import {Store} from './store.js' */
import { isThread } from './types.js';

export const Permission = Object.freeze({
  administrator: 1n << 3n,
  addReactions: 1n << 6n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  manageMessages: 1n << 13n,
  attachFiles: 1n << 15n,
  readHistory: 1n << 16n,
  useCommands: 1n << 31n,
  manageThreads: 1n << 34n,
  createPublicThreads: 1n << 35n,
  createPrivateThreads: 1n << 36n,
  sendInThreads: 1n << 38n,
  pinMessages: 1n << 51n,
});

const ALL = (1n << 60n) - 1n;
const IN_DIRECT_MESSAGES =
  Permission.addReactions |
  Permission.viewChannel |
  Permission.sendMessages |
  Permission.attachFiles |
  Permission.readHistory |
  Permission.useCommands |
  Permission.pinMessages;

/** Whether I may do it there; no in a channel that is not known. @param {Store} store @param {string} channel @param {bigint} permission */
export function may(store, channel, permission) {
  const known = store.channels.get(channel);
  return known !== undefined && (granted(store, known) & permission) === permission;
}

/** Whether I may write there. @param {Store} store @param {string} channel */
export function mayWrite(store, channel) {
  const known = store.channels.get(channel);
  if (!known) return false;
  if (!isThread(known)) return may(store, channel, Permission.sendMessages);
  if (known.thread_metadata?.locked && !may(store, channel, Permission.manageThreads)) return false;
  return may(store, channel, Permission.sendInThreads);
}

/** @param {Store} store @param {Channel} channel @returns {bigint} */
function granted(store, channel) {
  const guild = store.guilds.get(channel.guild_id ?? '');
  if (!guild) return channel.guild_id ? 0n : IN_DIRECT_MESSAGES;
  if (guild.owner_id === store.me) return ALL;
  const mine = store.member(guild.id, store.me)?.roles ?? [];
  const base = [guild.id, ...mine].reduce((sum, id) => sum | bits(store.roles.get(id)?.permissions), 0n);
  if (base & Permission.administrator) return ALL;
  const place = isThread(channel) ? store.channels.get(channel.parent_id ?? '') : channel;
  const overwrites = place?.permission_overwrites ?? [];
  /** @param {bigint} from @param {typeof overwrites} applied */
  const after = (from, applied) => {
    const deny = applied.reduce((sum, overwrite) => sum | bits(overwrite.deny), 0n);
    const allow = applied.reduce((sum, overwrite) => sum | bits(overwrite.allow), 0n);
    return (from & ~deny) | allow;
  };
  const forAll = after(
    base,
    overwrites.filter(({ id }) => id === guild.id),
  );
  const forRoles = after(
    forAll,
    overwrites.filter(({ id, type }) => type === 0 && mine.includes(id)),
  );
  return after(
    forRoles,
    overwrites.filter(({ id, type }) => type === 1 && id === store.me),
  );
}

/** @param {string|undefined} text */
const bits = (text) => BigInt(text ?? '0');
