/** @import {Application, Channel, Command, Message, Scene, User} from './types.js' */
/** @import {Upload} from './request.js' */
import { createRequest } from './request.js';

/** @typedef {{items: {pinned_at: string, message: Message}[], has_more: boolean}} Pins */
/** @typedef {{threads: Channel[], has_more: boolean}} Threads */
/** @typedef {{id: string, filename: string, description?: string}} NewFile `id` is the file's number in the upload */
/**
 * @typedef {{content: string, nonce?: string, message_reference?: object, allowed_mentions?: object, attachments?: NewFile[]}} NewMessage
 * @typedef {{name: string, type?: number, auto_archive_duration?: number, applied_tags?: string[], message?: NewMessage}} NewThread
 */

/**
 * The REST routes the page uses, as one member.
 *
 * @param {string} key
 * @param {string} member who is acting; empty for what needs no one
 */
export function createApi(key, member) {
  const request = createRequest(key, member);
  const v10 = '/api/v10';
  /** @param {string} channel */
  const at = (channel) => `${v10}/channels/${channel}`;
  /** @param {string} channel @param {string} message @param {string} emoji */
  const reaction = (channel, message, emoji) =>
    `${at(channel)}/messages/${message}/reactions/${encodeURIComponent(emoji)}`;

  return {
    /** @returns {Promise<Scene>} */
    scene: () => request('GET', '/local/scene'),
    /** Code as coloured runs. @param {string} language @param {string} code @returns {Promise<{runs: [string, string][]}>} */
    highlight: (language, code) => request('POST', '/local/highlight', { language, code }),

    /** Somebody new joins a server. @param {string} guild @param {{name: string, global_name: string, roles: string[]}} body @returns {Promise<{user: User}>} */
    addMember: (guild, body) => request('POST', `/local/guilds/${guild}/members`, body),

    /** Newest first, as Discord gives them. @param {string} channel @param {{before?: string, after?: string, around?: string, limit?: number}} [page] @returns {Promise<Message[]>} */
    messages: (channel, { limit = 50, ...from } = {}) =>
      request('GET', `${at(channel)}/messages?${new URLSearchParams({ limit: String(limit), ...from })}`),
    /** @param {string} channel @param {NewMessage} body @param {Upload} [upload] @returns {Promise<Message>} */
    send: (channel, body, upload) => request('POST', `${at(channel)}/messages`, body, upload),
    /** @param {string} channel @param {string} message @param {string} content @returns {Promise<Message>} */
    edit: (channel, message, content) => request('PATCH', `${at(channel)}/messages/${message}`, { content }),
    /** @param {string} channel @param {string} message */
    remove: (channel, message) => request('DELETE', `${at(channel)}/messages/${message}`),
    /** @param {string} channel */
    typing: (channel) => request('POST', `${at(channel)}/typing`),

    /** @param {string} channel @param {string} message @param {string} emoji */
    react: (channel, message, emoji) => request('PUT', `${reaction(channel, message, emoji)}/@me`),
    /** @param {string} channel @param {string} message @param {string} emoji */
    unreact: (channel, message, emoji) => request('DELETE', `${reaction(channel, message, emoji)}/@me`),
    /** @param {string} channel @param {string} message @param {string} emoji @param {number} limit @returns {Promise<User[]>} */
    reacted: (channel, message, emoji, limit) =>
      request('GET', `${reaction(channel, message, emoji)}?limit=${limit}`),

    /** Have exactly these answers of a poll chosen. @param {string} channel @param {string} message @param {number[]} answers */
    vote: (channel, message, answers) =>
      request('PUT', `${at(channel)}/polls/${message}/answers/@me`, { answer_ids: answers.map(String) }),

    /** The last pinned first. @param {string} channel @param {string} [before] a time @returns {Promise<Pins>} */
    pins: (channel, before) =>
      request(
        'GET',
        `${at(channel)}/messages/pins?${new URLSearchParams({ limit: '25', ...(before ? { before } : {}) })}`,
      ),
    /** @param {string} channel @param {string} message */
    pin: (channel, message) => request('PUT', `${at(channel)}/messages/pins/${message}`),
    /** @param {string} channel @param {string} message */
    unpin: (channel, message) => request('DELETE', `${at(channel)}/messages/pins/${message}`),

    /** @param {string} channel @param {string} [before] a time @returns {Promise<Threads>} */
    archived: (channel, before) =>
      request(
        'GET',
        `${at(channel)}/threads/archived/public?${new URLSearchParams({ limit: '25', ...(before ? { before } : {}) })}`,
      ),
    /** Private ones I take part in. @param {string} channel @returns {Promise<Threads>} */
    archivedPrivate: (channel) => request('GET', `${at(channel)}/users/@me/threads/archived/private`),
    /** @param {string} channel @param {string|null} message what it begins with @param {NewThread} body @param {Upload} [upload] @returns {Promise<Channel>} */
    startThread: (channel, message, body, upload) =>
      request('POST', `${at(channel)}${message ? `/messages/${message}` : ''}/threads`, body, upload),
    /** @param {string} thread */
    join: (thread) => request('PUT', `${at(thread)}/thread-members/@me`),
    /** @param {string} thread */
    leave: (thread) => request('DELETE', `${at(thread)}/thread-members/@me`),
    /** @param {string} channel @param {object} change @returns {Promise<Channel>} */
    change: (channel, change) => request('PATCH', at(channel), change),
    /** @param {string} channel @returns {Promise<Channel>} */
    channel: (channel) => request('GET', at(channel)),

    /** The direct messages with somebody. @param {string} user @returns {Promise<Channel>} */
    openDirect: (user) => request('POST', `${v10}/users/@me/channels`, { recipient_id: user }),

    /** @param {string} channel @returns {Promise<{applications: Application[], application_commands: Command[]}>} */
    commands: (channel) => request('GET', `${at(channel)}/application-command-index`),
    /** @param {object} body @param {Upload} [upload] */
    interact: (body, upload) => request('POST', `${v10}/interactions`, body, upload),
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */
