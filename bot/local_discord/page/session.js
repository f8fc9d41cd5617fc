/** @import {Api} from './api.js' */
/** @import {Interactions} from './interactions.js' */
/** @import {Store} from './store.js' */
/** @import {Message} from './types.js' */
/**
 * One person's sitting at the page: what every view is given.
 *
 * @typedef {{store: Store, api: Api, interactions: Interactions, open: (address: string) => void,
 *   acted: (channel: string) => void, drafts: Map<string, string>}} Session
 */
import { sentence } from './api.js';
import { newNonce } from './snowflake.js';
import { Flag, has } from './types.js';

export const PAGE_LENGTH = 50;

/** @param {Message} message */
const onlyMine = (message) => has(message, Flag.ephemeral);

/**
 * Read a channel's newest messages, or those before the oldest that is here.
 *
 * @param {Api} api
 * @param {Store} store
 * @param {string} channel
 * @param {{older?: boolean}} [options]
 */
export async function readHistory(api, store, channel, { older = false } = {}) {
  const timeline = store.timeline(channel);
  const oldest = timeline.messages.find((message) => !onlyMine(message));
  timeline.startFetch();
  try {
    const page = await api.messages(channel, {
      limit: PAGE_LENGTH,
      ...(older && oldest ? { before: oldest.id } : {}),
    });
    timeline.finishFetch(page, { older, limit: PAGE_LENGTH, local: onlyMine });
  } catch (error) {
    timeline.failFetch();
    throw error;
  } finally {
    store.changed(channel);
  }
}

/**
 * Post a text: it is shown at once, and marked when it could not be sent.
 *
 * @param {Session} session
 * @param {string} channel
 * @param {string} content
 * @param {Message|null} replyTo
 */
export async function say({ api, store }, channel, content, replyTo) {
  const nonce = newNonce();
  const attempt = async () => {
    store.settle(channel, nonce, { state: 'sending' });
    try {
      const body = {
        content,
        nonce,
        ...(replyTo ? { message_reference: { message_id: replyTo.id, channel_id: channel } } : {}),
      };
      const message = await api.send(channel, body);
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
 * @param {{command: import('./types.js').Command, applicationName: string, text: string, options: import('./types.js').OptionValue[]}} use
 */
export async function useCommand(
  { interactions, store, acted },
  channel,
  { command, applicationName, text, options },
) {
  const nonce = newNonce();
  const attempt = async () => {
    store.settle(channel.id, nonce, { state: 'sending' });
    acted(channel.id);
    const outcome = await interactions.command(command, options, {
      channel_id: channel.id,
      guild_id: channel.guild_id,
    });
    store.settle(channel.id, nonce, outcome.ok ? null : { state: 'failed', reason: outcome.reason });
  };
  store.wait(channel.id, {
    nonce,
    kind: 'command',
    channelId: channel.id,
    content: text,
    applicationName,
    state: 'sending',
    created: Date.now(),
    retry: attempt,
  });
  await attempt();
}
