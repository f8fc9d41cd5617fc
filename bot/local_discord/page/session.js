/** @import {Api} from './api.js' */
/** @import {Interactions} from './interactions.js' */
/** @import {Store} from './store.js' */
/** @import {Drafts} from './memory.js' */
/** @import {Highlighter} from './highlight.js' */
/** @import {Command, Message, OptionValue} from './types.js' */
/**
 * One person's sitting at the page: what every view is given. `open` goes to an address of the page, `acted` notes that
 * something was done to a bot in a channel.
 *
 * @typedef {{store: Store, api: Api, interactions: Interactions, open: (address: string) => void,
 *   acted: (channel: string) => void, drafts: Drafts, highlight: Highlighter}} Session
 */
import { sentence } from './request.js';
import { newNonce } from './snowflake.js';
import { Flag, has } from './types.js';

export const PAGE_LENGTH = 50;

/** @param {Message} message */
const onlyMine = (message) => has(message, Flag.ephemeral);

/**
 * Read a page of a channel's history: the newest, or what joins on to what is here, or what stands around a message.
 *
 * @param {Api} api
 * @param {Store} store
 * @param {string} channel
 * @param {{way?: import('./timeline.js').Way, around?: string}} [options]
 */
export async function readHistory(api, store, channel, { way = 'newest', around = '' } = {}) {
  const timeline = store.timeline(channel);
  const listed = timeline.messages.filter((message) => !onlyMine(message));
  /** @type {Record<string, string|undefined>} */
  const from = {
    ...(way === 'older' ? { before: listed[0]?.id } : {}),
    ...(way === 'newer' ? { after: listed[listed.length - 1]?.id } : {}),
    ...(way === 'around' ? { around } : {}),
  };
  const known = Object.fromEntries(Object.entries(from).filter(([, id]) => id));
  timeline.startFetch();
  try {
    const page = await api.messages(channel, { limit: PAGE_LENGTH, ...known });
    timeline.finishFetch(page, {
      way,
      limit: PAGE_LENGTH,
      local: onlyMine,
      newest: store.channels.get(channel)?.last_message_id ?? null,
    });
  } catch (error) {
    timeline.failFetch();
    throw error;
  } finally {
    store.changed(channel);
  }
}

/** A file that is to be sent, with what it shows for those who cannot see it. @typedef {{file: File, description: string}} Chosen */

/** The part of a body that names its files. @param {Chosen[]} files */
export const named = (files) =>
  files.map(({ file, description }, index) => ({
    id: String(index),
    filename: file.name,
    ...(description ? { description } : {}),
  }));

/**
 * Post a text, with files: it is shown at once, and marked when it could not be sent.
 *
 * @param {Session} session
 * @param {string} channel
 * @param {string} content
 * @param {{replyTo?: Message|null, ping?: boolean, files?: Chosen[]}} [more] `ping` tells the author of what is answered
 */
export async function say(
  { api, store },
  channel,
  content,
  { replyTo = null, ping = true, files = [] } = {},
) {
  const nonce = newNonce();
  const attempt = async () => {
    store.settle(channel, nonce, { state: 'sending', share: 0 });
    try {
      const body = {
        content,
        nonce,
        ...(replyTo ? { message_reference: { message_id: replyTo.id, channel_id: channel } } : {}),
        ...(replyTo && !ping
          ? { allowed_mentions: { parse: ['users', 'roles', 'everyone'], replied_user: false } }
          : {}),
        ...(files.length ? { attachments: named(files) } : {}),
      };
      const message = await api.send(channel, body, {
        files: files.map(({ file }) => file),
        onProgress: (share) => store.settle(channel, nonce, { share }),
      });
      store.receive({ ...message, nonce });
    } catch (error) {
      store.settle(channel, nonce, { state: 'failed', reason: sentence(error) });
    }
  };
  store.wait(channel, {
    nonce,
    kind: 'text',
    channelId: channel,
    content,
    state: 'sending',
    replyTo,
    files: files.map(({ file }) => file.name),
    created: Date.now(),
    retry: attempt,
  });
  await attempt();
}

/**
 * Use a command: a line stands in for the answer until it comes, and stays with a reason when it does not.
 *
 * @param {Session} session
 * @param {{id: string, guild_id?: string}} channel
 * @param {{command: Command, applicationName: string, text: string, options?: OptionValue[], target?: string, files?: File[]}} use
 */
export async function useCommand({ interactions, store, acted }, channel, use) {
  const nonce = newNonce();
  const attempt = async () => {
    store.settle(channel.id, nonce, { state: 'sending' });
    acted(channel.id);
    const outcome = await interactions.command(use, { channel_id: channel.id, guild_id: channel.guild_id });
    store.settle(channel.id, nonce, outcome.ok ? null : { state: 'failed', reason: outcome.reason });
  };
  store.wait(channel.id, {
    nonce,
    kind: 'command',
    channelId: channel.id,
    content: use.text,
    applicationName: use.applicationName,
    state: 'sending',
    created: Date.now(),
    retry: attempt,
  });
  await attempt();
}
