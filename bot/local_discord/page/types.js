/**
 * The shapes the page reads from Discord's wire format: only the fields it uses.
 *
 * @typedef {{id: string, username: string, global_name?: string|null, avatar?: string|null, bot?: boolean, discriminator?: string}} User
 * @typedef {{user?: User, nick?: string|null, roles: string[], joined_at?: string}} Member
 * @typedef {{id: string, name: string, color?: number, position?: number, managed?: boolean, permissions?: string,
 *   mentionable?: boolean}} Role
 * @typedef {{archived: boolean, locked?: boolean, archive_timestamp?: string}} ThreadMetadata
 * @typedef {{id: string, type: number, allow: string, deny: string}} Overwrite
 * @typedef {{id: string, name: string, moderated?: boolean}} ForumTag
 * @typedef {{id: string, type: number, name?: string, guild_id?: string, parent_id?: string|null, position?: number,
 *   topic?: string|null, last_message_id?: string|null, message_count?: number, owner_id?: string,
 *   thread_metadata?: ThreadMetadata, newly_created?: boolean, recipients?: User[], member?: object|null,
 *   permission_overwrites?: Overwrite[], available_tags?: ForumTag[], applied_tags?: string[],
 *   default_auto_archive_duration?: number}} Channel
 * @typedef {{id: string, name: string, channels: Channel[], threads?: Channel[], roles: Role[], members: Member[],
 *   owner_id?: string, emojis?: Emoji[]}} Guild
 * @typedef {{id?: string|null, name: string, animated?: boolean}} Emoji
 * @typedef {{emoji: Emoji, count: number, me: boolean}} Reaction
 * @typedef {{answer_id: number, poll_media: {text: string, emoji?: Emoji}}} Answer
 * @typedef {{question: {text: string}, answers: Answer[], expiry: string, allow_multiselect: boolean,
 *   results: {answer_counts: {id: number, count: number, me_voted: boolean}[], is_finalized: boolean}}} Poll
 * @typedef {{id: string, filename: string, url: string, size: number, content_type?: string, width?: number|null,
 *   height?: number|null, description?: string}} Attachment
 * @typedef {{url: string, width?: number|null, height?: number|null, description?: string|null}} EmbedImage
 * @typedef {{title?: string, url?: string, description?: string, color?: number, timestamp?: string,
 *   fields?: {name: string, value: string, inline?: boolean}[], footer?: {text: string, icon_url?: string},
 *   author?: {name: string, url?: string, icon_url?: string}, provider?: {name?: string, url?: string},
 *   image?: EmbedImage, thumbnail?: EmbedImage}} Embed
 * @typedef {{label: string, value: string, description?: string, default?: boolean, emoji?: Emoji}} SelectOption
 * @typedef {{type: number, id?: number, custom_id?: string, style?: number, label?: string, description?: string,
 *   url?: string, emoji?: Emoji, disabled?: boolean, placeholder?: string, min_values?: number, max_values?: number,
 *   options?: SelectOption[], components?: Component[], component?: Component, accessory?: Component, content?: string,
 *   media?: {url: string}, items?: {media: {url: string}, description?: string|null, spoiler?: boolean}[],
 *   accent_color?: number|null, spoiler?: boolean, divider?: boolean, spacing?: number, value?: string,
 *   required?: boolean, min_length?: number, max_length?: number, file?: {url: string}, name?: string|null,
 *   size?: number|null, default?: boolean, channel_types?: number[],
 *   default_values?: {id: string, type: string}[]}} Component
 * @typedef {{id: string, type?: number, name?: string, user?: User, member?: Member}} InteractionNote
 * @typedef {{id: string, channel_id: string, guild_id?: string, author: User, member?: Member, content: string,
 *   timestamp: string, edited_timestamp: string|null, type: number, flags?: number, webhook_id?: string,
 *   application_id?: string, nonce?: string|number, embeds?: Embed[], attachments?: Attachment[],
 *   components?: Component[], reactions?: Reaction[], poll?: Poll, mentions?: User[], mention_roles?: string[],
 *   mention_everyone?: boolean, pinned?: boolean, interaction?: InteractionNote, interaction_metadata?: InteractionNote,
 *   message_reference?: {message_id?: string, channel_id?: string}, referenced_message?: Message|null,
 *   thread?: Channel}} Message
 * @typedef {{name: string, value: string|number}} Choice
 * @typedef {{type: number, name: string, description: string, required?: boolean, choices?: Choice[],
 *   autocomplete?: boolean, options?: CommandOption[], min_value?: number, max_value?: number, min_length?: number,
 *   max_length?: number, channel_types?: number[]}} CommandOption
 * @typedef {{id: string, application_id: string, name: string, description: string, type?: number, version?: string,
 *   options?: CommandOption[]}} Command `type` 1 is typed, 2 is for a person, 3 for a message
 * @typedef {{id: string, name: string, icon?: string|null}} Application
 * @typedef {{name: string, value?: unknown, type: number, options?: OptionValue[], focused?: boolean}} OptionValue
 * @typedef {{guilds: Guild[], people: User[], default_member: string, welcome_channel: string}} Scene
 *
 * What waits to become a message: a text on its way, or a command whose answer has not come.
 * @typedef {{nonce: string, kind: 'text'|'command', channelId: string, content: string, state: 'sending'|'failed',
 *   reason?: string, replyTo?: Message|null, applicationName?: string, files?: string[], share?: number,
 *   created: number, retry: () => void}} Pending
 */

export const ChannelType = Object.freeze({
  text: 0,
  direct: 1,
  voice: 2,
  category: 4,
  announcement: 5,
  announcementThread: 10,
  publicThread: 11,
  privateThread: 12,
  forum: 15,
  media: 16,
});

export const MessageType = Object.freeze({
  default: 0,
  channelName: 4,
  pinned: 6,
  joined: 7,
  threadCreated: 18,
  reply: 19,
  command: 20,
  threadStarter: 21,
  contextCommand: 23,
  pollResult: 46,
});

export const Flag = Object.freeze({
  suppressEmbeds: 1 << 2,
  hasThread: 1 << 5,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  componentsV2: 1 << 15,
});

/** Messages that somebody wrote, as against notices. */
export const WRITTEN = /** @type {readonly number[]} */ ([
  MessageType.default,
  MessageType.reply,
  MessageType.command,
  MessageType.threadStarter,
  MessageType.contextCommand,
]);

export const OptionType = Object.freeze({
  subcommand: 1,
  group: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  attachment: 11,
});

/** @param {{type: number}} channel */
export const isThread = (channel) => channel.type >= 10 && channel.type <= 12;

/** @param {{type: number}} channel */
export const isForum = (channel) => channel.type === ChannelType.forum || channel.type === ChannelType.media;

/** @param {Message} message @param {number} flag */
export const has = (message, flag) => ((message.flags ?? 0) & flag) !== 0;
