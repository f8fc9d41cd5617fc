/** What each gateway event means for the store. */
/** @import {Store} from './store.js' */
import { isThread } from './types.js';

/** @type {Record<string, (store: Store, data: any) => void>} */
const HANDLERS = {
  READY: (store, { private_channels }) => {
    for (const channel of private_channels ?? []) store.putChannel(channel);
    store.emit('places');
  },
  GUILD_CREATE: (store, guild) => store.putGuild(guild),
  GUILD_UPDATE: (store, guild) => {
    const old = store.guilds.get(guild.id);
    if (old) store.guilds.set(guild.id, { ...old, ...guild });
    store.emit('places');
  },
  GUILD_DELETE: (store, { id, unavailable }) => {
    if (unavailable) return; // an outage: it comes back
    store.guilds.delete(id);
    for (const channel of store.channels.values())
      if (channel.guild_id === id) store.channels.delete(channel.id);
    store.emit('places');
  },
  GUILD_MEMBER_ADD: (store, member) => {
    store.putMember(member.guild_id, member);
    store.emit('places');
  },
  GUILD_MEMBER_UPDATE: (store, member) => {
    store.putMember(member.guild_id, member);
    store.emit('places');
  },
  GUILD_MEMBER_REMOVE: (store, { guild_id, user }) => {
    store.members.get(guild_id)?.delete(user.id);
    store.emit('places');
  },
  GUILD_ROLE_CREATE: putRole,
  GUILD_ROLE_UPDATE: putRole,
  GUILD_ROLE_DELETE: (store, { role_id }) => {
    store.roles.delete(role_id);
    store.emit('places');
  },
  CHANNEL_CREATE: putChannel,
  CHANNEL_UPDATE: putChannel,
  CHANNEL_DELETE: dropChannel,
  THREAD_CREATE: (store, thread) => {
    const known = store.channels.has(thread.id);
    putChannel(store, thread);
    if (!known && thread.newly_created) store.emit('thread', thread);
  },
  THREAD_UPDATE: putChannel,
  THREAD_DELETE: dropChannel,
  THREAD_LIST_SYNC: (store, { threads }) => {
    for (const thread of threads) putChannel(store, thread);
  },
  THREAD_MEMBERS_UPDATE: (store, change) => store.takePart(change),
  CHANNEL_PINS_UPDATE: (store, { channel_id }) => store.emit(`pins:${channel_id}`),
  GUILD_EMOJIS_UPDATE: (store, { guild_id, emojis }) => {
    const guild = store.guilds.get(guild_id);
    if (guild) store.guilds.set(guild_id, { ...guild, emojis });
  },
  MESSAGE_CREATE: (store, message) => store.receive(message),
  MESSAGE_UPDATE: (store, message) => {
    store.timeline(message.channel_id).update(message);
    store.changed(message.channel_id);
    // A thread has the id of the message it began with, and shows it too.
    if (store.channels.has(message.id)) store.changed(message.id);
    store.emit('edited', message);
  },
  MESSAGE_DELETE: (store, { id, channel_id }) => {
    store.timeline(channel_id).remove(id);
    store.changed(channel_id);
  },
  MESSAGE_DELETE_BULK: (store, { ids, channel_id }) => {
    for (const id of ids) store.timeline(channel_id).remove(id);
    store.changed(channel_id);
  },
  MESSAGE_REACTION_ADD: (store, event) => react(store, event, 1),
  MESSAGE_REACTION_REMOVE: (store, event) => react(store, event, -1),
  MESSAGE_REACTION_REMOVE_ALL: (store, { channel_id, message_id }) => {
    store.timeline(channel_id).clearReactions(message_id, null);
    store.changed(channel_id);
  },
  MESSAGE_REACTION_REMOVE_EMOJI: (store, { channel_id, message_id, emoji }) => {
    store.timeline(channel_id).clearReactions(message_id, emoji);
    store.changed(channel_id);
  },
  MESSAGE_POLL_VOTE_ADD: (store, event) => vote(store, event, 1),
  MESSAGE_POLL_VOTE_REMOVE: (store, event) => vote(store, event, -1),
  TYPING_START: (store, event) => store.startTyping(event),
};

/** Take an event in; types the page has no use for are left. @param {Store} store @param {string} type @param {any} data */
export function take(store, type, data) {
  HANDLERS[type]?.(store, data);
}

/** @param {Store} store @param {any} channel */
function putChannel(store, channel) {
  store.putChannel(channel);
  store.emit('places');
  if (isThread(channel) && channel.parent_id) store.changed(channel.parent_id);
}

/** @param {Store} store @param {any} channel */
function dropChannel(store, channel) {
  store.channels.delete(channel.id);
  store.emit('places');
  if (channel.parent_id) store.changed(channel.parent_id);
}

/** @param {Store} store @param {any} event */
function putRole(store, { role }) {
  store.roles.set(role.id, role);
  store.emit('places');
}

/** @param {Store} store @param {any} event @param {1|-1} by */
function react(store, { channel_id, message_id, user_id, emoji }, by) {
  store.timeline(channel_id).react(message_id, emoji, by, user_id === store.me);
  store.changed(channel_id);
}

/** @param {Store} store @param {any} event @param {1|-1} by */
function vote(store, { channel_id, message_id, user_id, answer_id }, by) {
  store.timeline(channel_id).vote(message_id, answer_id, by, user_id === store.me);
  store.changed(channel_id);
}
