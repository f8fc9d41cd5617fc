/** The threads of a channel, in a window: those in use, those that are closed, and a way to start one. */
/** @import {Channel} from './types.js' */
/** @import {Session} from './session.js' */
import { addressOf } from './address.js';
import { openWindow } from './dialog.js';
import { h, icon } from './dom.js';
import { messageTime } from './moments.js';
import { pagedList } from './paged.js';
import { Permission, may } from './permissions.js';
import { timeOf } from './snowflake.js';
import { askForThread } from './threadform.js';
import { ChannelType } from './types.js';

/** A thread as a line that leads to it. @param {Session} session @param {Channel} thread @param {() => void} [onOpen] */
export function threadLine({ store }, thread, onOpen) {
  const count = thread.message_count ?? 0;
  const tags = store.channels.get(thread.parent_id ?? '')?.available_tags ?? [];
  const owner = store.users.get(thread.owner_id ?? '');
  return h(
    'a',
    {
      class: store.isUnread(thread.id) ? 'thread-line unread' : 'thread-line',
      href: addressOf(thread),
      data: { thread: thread.id },
      on: onOpen ? { click: onOpen } : {},
    },
    h(
      'span',
      { class: 'thread-line-name' },
      thread.type === ChannelType.privateThread && icon('lock'),
      thread.name,
      store.isUnread(thread.id) && h('span', { class: 'visually-hidden' }, ' unread'),
    ),
    (thread.applied_tags ?? []).map((id) => {
      const tag = tags.find((each) => each.id === id);
      return tag && h('span', { class: 'post-tag' }, tag.name);
    }),
    h(
      'span',
      { class: 'thread-line-about' },
      owner ? `${store.nameOf(owner, thread.guild_id)} · ` : '',
      `${count} ${count === 1 ? 'message' : 'messages'} · `,
      messageTime(timeOf(thread.last_message_id ?? thread.id)),
      thread.member ? ' · joined' : '',
    ),
  );
}

/** What a closed thread must be known as before its address leads anywhere. @param {Session} session @param {Channel[]} threads */
export function keepThreads({ store }, threads) {
  for (const thread of threads) store.putChannel(thread);
  store.emit('places');
}

/** Reads a channel's closed threads page by page. @param {Session} session @param {Channel} channel */
export function archivedReader(session, channel) {
  /** @param {Channel|undefined} last @returns {Promise<{items: Channel[], more: boolean}>} */
  return async (last) => {
    const { threads, has_more } = await session.api.archived(
      channel.id,
      last?.thread_metadata?.archive_timestamp,
    );
    const own = last ? [] : (await session.api.archivedPrivate(channel.id)).threads;
    keepThreads(session, [...own, ...threads]);
    return { items: [...own, ...threads], more: has_more };
  };
}

/** @param {Session} session @param {Channel} channel */
export function showThreads(session, channel) {
  const { store } = session;
  const active = store.threadsOf(channel.id);
  const shut = () => dialog.close();
  const archived = pagedList({
    label: 'Closed threads',
    empty: 'No thread here is closed.',
    read: archivedReader(session, channel),
    draw: (thread) => threadLine(session, thread, shut),
  });
  const maker =
    may(store, channel.id, Permission.createPublicThreads) &&
    h('button', { type: 'button', class: 'button primary' }, icon('plus'), 'New thread');
  if (maker)
    maker.addEventListener('click', () => {
      shut();
      askForThread(session, channel, { onMade: (thread) => session.open(addressOf(thread)) });
    });
  const dialog = openWindow(
    'Threads',
    h(
      'div',
      null,
      maker && h('p', { class: 'window-actions' }, maker),
      h('h3', { class: 'window-part' }, 'In use'),
      active.length
        ? h(
            'ul',
            { class: 'paged', role: 'list', 'aria-label': 'Threads in use' },
            active.map((thread) => h('li', null, threadLine(session, thread, shut))),
          )
        : h('p', { class: 'hint' }, 'No thread is in use here.'),
      h('h3', { class: 'window-part' }, 'Closed'),
      archived.element,
    ),
  );
  void archived.next();
}
