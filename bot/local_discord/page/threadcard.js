/** @import {Channel} from './types.js' */
import { h, icon } from './dom.js';
import { addressOf } from './address.js';

/** The way from a message to the thread that hangs on it. @param {Channel} thread @param {boolean} unread */
export function threadCard(thread, unread) {
  const count = thread.message_count ?? 0;
  return h(
    'a',
    {
      class: unread ? 'thread-card unread' : 'thread-card',
      href: addressOf(thread),
      data: { key: 'thread' },
    },
    icon('thread'),
    h('span', { class: 'thread-name' }, thread.name),
    h(
      'span',
      { class: 'thread-count' },
      `${count} ${count === 1 ? 'message' : 'messages'}${thread.thread_metadata?.archived ? ' · closed' : ''}`,
    ),
    h('span', { class: 'thread-open' }, 'Open thread'),
  );
}
