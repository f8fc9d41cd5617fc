/**
 * Everything the page knows, as one person sees it: filled from the gateway and from fetched pages, read by the views.
 *
 * Views listen to topics: `places` (servers, channels, threads, members, unread marks), `messages:<channel>`,
 * `typing:<channel>`, `arrived` (a message that was not there before), `thread` (a thread just made).
 */
/** @import {Channel, Guild, Member, Message, Pending, Role, User} from './types.js' */
import { ChannelType, Flag, MessageType, has, isThread } from './types.js';
import { compareIds } from './snowflake.js';
import { Timeline } from './timeline.js';

const TYPING_MS = 10_000;
/** Messages that a thread's count leaves out. @type {number[]} */
const UNCOUNTED = [MessageType.threadCreated, MessageType.threadStarter];

/** @typedef {{get: (channel: string) => string, set: (channel: string, message: string) => void}} ReadMarks */

export class Store {
  /** @type {Map<string, Guild>} */
  guilds = new Map();
  /** @type {Map<string, Channel>} channels and threads */
  channels = new Map();
  /** @type {Map<string, Role>} */
  roles = new Map();
  /** @type {Map<string, Map<string, Member>>} guild -> user -> member */
  members = new Map();
  /** @type {Map<string, User>} */
  users = new Map();
  /** @type {Map<string, Map<string, number>>} channel -> user -> until when, in milliseconds of the page's clock */
  typing = new Map();
  /** @type {Map<string, number>} channel -> unread messages that mention me */
  mentions = new Map();
  /** @type {Map<string, Timeline>} */
  #timelines = new Map();
  /** @type {Map<string, Set<(data: any) => void>>} */
  #listeners = new Map();

  /** @param {string} me @param {ReadMarks} marks */
  constructor(me, marks) {
    this.me = me;
    this.marks = marks;
  }

  /** @param {string} topic @param {(data: any) => void} listener @returns {() => void} stops listening */
  on(topic, listener) {
    const set = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, set.add(listener));
    return () => set.delete(listener);
  }

  /** @param {string} topic @param {unknown} [data] */
  emit(topic, data) {
    for (const listener of this.#listeners.get(topic) ?? []) listener(data);
  }

  /** @param {string} channel */
  timeline(channel) {
    let timeline = this.#timelines.get(channel);
    if (!timeline) this.#timelines.set(channel, (timeline = new Timeline()));
    return timeline;
  }

  /** @param {string} channel */
  changed(channel) {
    this.emit(`messages:${channel}`);
  }

  /** @param {string} guild @param {string} user */
  member(guild, user) {
    return this.members.get(guild)?.get(user);
  }

  /** How a person is called in a server. @param {User} user @param {string} [guild] */
  nameOf(user, guild) {
    const nick = guild ? this.member(guild, user.id)?.nick : null;
    return nick || user.global_name || user.username;
  }

  /** What a channel is called: direct messages by who is at the other end. @param {Channel|undefined} channel */
  channelName(channel) {
    if (!channel) return '';
    if (channel.name) return channel.name;
    return (channel.recipients ?? []).map((user) => this.nameOf(user)).join(', ') || 'Direct messages';
  }

  /** A member's roles, the highest first. @param {string} guild @param {string} user @returns {Role[]} */
  rolesOf(guild, user) {
    return (this.member(guild, user)?.roles ?? [])
      .map((id) => this.roles.get(id))
      .filter((role) => role !== undefined)
      .sort((a, b) => (b.position ?? 0) - (a.position ?? 0));
  }

  /** Direct messages, the most recently used first. @returns {Channel[]} */
  direct() {
    return [...this.channels.values()]
      .filter((channel) => channel.type === ChannelType.direct)
      .sort((a, b) => compareIds(b.last_message_id ?? b.id, a.last_message_id ?? a.id));
  }

  /** A member's highest role, if any. @param {string} guild @param {string} user @returns {Role|undefined} */
  topRole(guild, user) {
    return this.rolesOf(guild, user)[0];
  }

  /** Threads of a channel that are open, the most recently used first. @param {string} channel */
  threadsOf(channel) {
    return [...this.channels.values()]
      .filter((c) => isThread(c) && c.parent_id === channel && !c.thread_metadata?.archived)
      .sort((a, b) => compareIds(b.last_message_id ?? b.id, a.last_message_id ?? a.id));
  }

  /** Who types there now, without me. @param {string} channel */
  typists(channel) {
    const now = performance.now();
    return [...(this.typing.get(channel) ?? [])].filter(([, until]) => until > now).map(([user]) => user);
  }

  /** @param {string} id */
  isUnread(id) {
    const last = this.channels.get(id)?.last_message_id;
    return Boolean(last) && compareIds(/** @type {string} */ (last), this.marks.get(id)) > 0;
  }

  /** @param {string} id */
  markRead(id) {
    const last = this.channels.get(id)?.last_message_id;
    if (!last || (!this.isUnread(id) && !this.mentions.has(id))) return;
    this.marks.set(id, last);
    this.mentions.delete(id);
    this.emit('places');
  }

  // ---- what comes in

  /** @param {Guild} guild */
  putGuild(guild) {
    for (const [id, channel] of this.channels) if (channel.guild_id === guild.id) this.channels.delete(id);
    this.guilds.set(guild.id, guild);
    for (const role of guild.roles) this.roles.set(role.id, role);
    for (const channel of [...guild.channels, ...(guild.threads ?? [])])
      this.putChannel({ ...channel, guild_id: guild.id });
    for (const member of guild.members) this.putMember(guild.id, member);
    this.emit('places');
  }

  /** @param {Channel} channel */
  putChannel(channel) {
    const old = this.channels.get(channel.id);
    const next = { ...old, ...channel };
    // only who takes part is told so; an update for all does not take it away
    if (old?.member && channel.member === undefined) next.member = old.member;
    for (const user of channel.recipients ?? []) this.users.set(user.id, user);
    const seen = old?.last_message_id;
    if (seen && (!next.last_message_id || compareIds(seen, next.last_message_id) > 0))
      next.last_message_id = seen;
    this.channels.set(channel.id, next);
  }

  /** @param {string} guild @param {Member} member */
  putMember(guild, member) {
    if (!member.user) return;
    const members = this.members.get(guild) ?? new Map();
    this.members.set(guild, members.set(member.user.id, { ...members.get(member.user.id), ...member }));
    this.users.set(member.user.id, member.user);
  }

  /** @param {Message} message */
  receive(message) {
    const channel = this.channels.get(message.channel_id);
    const timeline = this.timeline(message.channel_id);
    const known = timeline.get(message.id) !== undefined;
    if (!message.webhook_id) this.users.set(message.author.id, message.author);
    if (message.member && message.guild_id && !message.webhook_id) {
      this.putMember(message.guild_id, { ...message.member, user: message.author });
    }
    timeline.create(message);
    this.typing.get(message.channel_id)?.delete(message.author.id);
    if (channel && !known) this.#count(channel, message);
    this.changed(message.channel_id);
    this.emit(`typing:${message.channel_id}`);
    if (!known) this.emit('arrived', message);
  }

  /** @param {Channel} channel @param {Message} message */
  #count(channel, message) {
    const next = { ...channel };
    if (!channel.last_message_id || compareIds(message.id, channel.last_message_id) > 0)
      next.last_message_id = message.id;
    // an update of the thread that names this message as its last has counted it
    const counted = channel.last_message_id && compareIds(message.id, channel.last_message_id) <= 0;
    if (isThread(channel) && !UNCOUNTED.includes(message.type) && !counted)
      next.message_count = (channel.message_count ?? 0) + 1;
    this.channels.set(channel.id, next);
    if (message.author.id === this.me || has(message, Flag.ephemeral)) this.markRead(channel.id);
    else if (this.mentionsMe(message))
      this.mentions.set(channel.id, (this.mentions.get(channel.id) ?? 0) + 1);
    this.emit('places');
    if (channel.parent_id && isThread(channel)) this.changed(channel.parent_id);
  }

  /** @param {Message} message */
  mentionsMe(message) {
    if (message.author.id === this.me) return false;
    if (message.mention_everyone || message.mentions?.some((user) => user.id === this.me)) return true;
    const guild = this.channels.get(message.channel_id)?.guild_id ?? '';
    const mine = this.member(guild, this.me)?.roles ?? [];
    return (message.mention_roles ?? []).some((role) => mine.includes(role));
  }

  /** @param {string} channel @param {Pending} pending */
  wait(channel, pending) {
    this.timeline(channel).addPending(pending);
    this.changed(channel);
  }

  /** @param {string} channel @param {string} nonce @param {Partial<Pending>|null} change null takes it away */
  settle(channel, nonce, change) {
    const timeline = this.timeline(channel);
    if (change) timeline.changePending(nonce, change);
    else timeline.removePending(nonce);
    this.changed(channel);
  }

  /** Somebody takes part in a thread or no longer does. @param {{id: string, added_members?: {user_id: string}[], removed_member_ids?: string[]}} change */
  takePart({ id, added_members = [], removed_member_ids = [] }) {
    const thread = this.channels.get(id);
    if (!thread) return;
    const own = added_members.find(({ user_id }) => user_id === this.me);
    if (own) this.channels.set(id, { ...thread, member: own });
    else if (removed_member_ids.includes(this.me)) this.channels.set(id, { ...thread, member: null });
    this.emit('places');
  }

  /** @param {{channel_id: string, user_id: string, guild_id?: string, member?: Member}} event */
  startTyping({ channel_id, user_id, guild_id, member }) {
    if (user_id === this.me) return;
    if (guild_id && member) this.putMember(guild_id, member);
    const channel = this.typing.get(channel_id) ?? new Map();
    this.typing.set(channel_id, channel.set(user_id, performance.now() + TYPING_MS));
    this.emit(`typing:${channel_id}`);
    setTimeout(() => this.emit(`typing:${channel_id}`), TYPING_MS + 50);
  }
}
