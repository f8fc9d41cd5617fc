/** Where things are on the page: `#/channel`, `#/channel/thread`, and a message as a third part. */
/** @import {Channel} from './types.js' */
/** @import {Store} from './store.js' */
import { isThread } from './types.js';

/** What stands for "no thread" where a message follows. */
const NONE = '-';

/** @param {Channel} channel @param {string} [message] */
export function addressOf(channel, message) {
  const end = message ? `/${message}` : '';
  if (isThread(channel)) return `#/${channel.parent_id}/${channel.id}${end}`;
  return `#/${channel.id}${message ? `/${NONE}${end}` : ''}`;
}

/** @param {string} hash */
export function parts(hash) {
  const [, channel = '', thread = '', message = ''] = hash.split('/');
  return { channel, thread: thread === NONE ? '' : thread, message };
}

/** A link that can be given to somebody at this page. @param {Channel} channel @param {string} message */
export const messageLink = (channel, message) => `${location.origin}/${addressOf(channel, message)}`;

/**
 * What a link to Discord, or to this page, names here: a channel and perhaps a message; null for other links and for
 * what is not here.
 *
 * @param {string} url
 * @param {Store} store
 * @returns {{channel: Channel, message: string}|null}
 */
export function named(url, store) {
  const discord = /^https?:\/\/(?:\w+\.)?discord(?:app)?\.com\/channels\/[^/]+\/(\d+)(?:\/(\d+))?\/?$/.exec(
    url,
  );
  if (discord) return known(store, discord[1] ?? '', discord[2] ?? '');
  if (!url.startsWith(`${location.origin}/#/`)) return null;
  const { channel, thread, message } = parts(new URL(url).hash);
  return known(store, thread || channel, message);
}

/** @param {Store} store @param {string} id @param {string} message */
function known(store, id, message) {
  const channel = store.channels.get(id);
  return channel ? { channel, message } : null;
}
