/** A channel or thread as it is open: its head, its log, who types, and where to write. */
/** @import {Channel} from './types.js' */
/** @import {Session} from './session.js' */
import { createComposer } from './composer.js';
import { h, icon } from './dom.js';
import { createLog } from './log.js';
import { ChannelType, isThread } from './types.js';

/** @param {Channel} channel @returns {Parameters<typeof icon>[0]} */
export function channelIcon(channel) {
  if (isThread(channel)) return 'thread';
  if (channel.type === ChannelType.announcement) return 'megaphone';
  return channel.type === ChannelType.forum ? 'forum' : 'hash';
}

/**
 * @param {Session} session
 * @param {Channel} channel
 * @param {{onMenu?: () => void, closeAddress?: string}} hooks `onMenu` opens the drawer, `closeAddress` is where closing leads
 */
export function createPane(session, channel, { onMenu, closeAddress }) {
  const { store } = session;
  const log = createLog(session, channel, { onReply: (message) => composer.answer(message) });
  const composer = createComposer(session, channel, {
    onSend: log.toEnd,
    onEditLast: editLast,
    nameOf: log.nameOf,
  });
  const name = h('h2', { class: 'pane-name' }, channel.name);
  const topic = h('p', { class: 'pane-topic' });
  const typing = h('div', { class: 'typing' });
  const head = h(
    'header',
    { class: 'pane-head' },
    onMenu &&
      h(
        'button',
        { type: 'button', class: 'tool menu-button', 'aria-label': 'Channels', on: { click: onMenu } },
        icon('menu'),
      ),
    closeAddress &&
      h(
        'a',
        { class: 'tool back-button', href: closeAddress, 'aria-label': 'Back to the channel' },
        icon('back'),
      ),
    h('span', { class: 'pane-icon' }, icon(channelIcon(channel))),
    h('div', { class: 'pane-title' }, name, topic),
    closeAddress &&
      h(
        'a',
        { class: 'tool close-button', href: closeAddress, 'aria-label': 'Close the thread', title: 'Close' },
        icon('close'),
      ),
  );
  const element = h(
    isThread(channel) ? 'aside' : 'main',
    {
      class: isThread(channel) ? 'pane pane-thread' : 'pane pane-channel',
      'aria-label': isThread(channel) ? `Thread ${channel.name}` : `Channel ${channel.name}`,
    },
    head,
    log.element,
    h('div', { class: 'pane-foot' }, composer.element, typing),
  );

  function editLast() {
    const mine = store
      .timeline(channel.id)
      .messages.filter((m) => m.author.id === store.me && !m.webhook_id && (m.type === 0 || m.type === 19));
    const last = mine[mine.length - 1];
    if (last) log.edit(last);
  }

  function drawHead() {
    const now = store.channels.get(channel.id);
    if (!now) return;
    if (name.textContent !== now.name) name.textContent = now.name;
    const parent = now.parent_id ? store.channels.get(now.parent_id) : null;
    const text = isThread(now)
      ? `Thread in #${parent?.name ?? 'a channel'}${now.thread_metadata?.archived ? ' · closed' : ''}`
      : (now.topic ?? '');
    if (topic.textContent !== text) topic.textContent = text;
    topic.hidden = !text;
  }

  function drawTyping() {
    const names = store.typists(channel.id).map((id) => {
      const user = store.users.get(id);
      return user ? store.nameOf(user, channel.guild_id) : 'Someone';
    });
    const text =
      names.length === 0
        ? ''
        : names.length === 1
          ? `${names[0]} is typing…`
          : names.length === 2
            ? `${names[0]} and ${names[1]} are typing…`
            : 'Several people are typing…';
    if ((typing.textContent ?? '') === text) return;
    typing.replaceChildren(
      ...(text
        ? [h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')), h('span', null, text)]
        : []),
    );
  }

  const stops = [store.on('places', drawHead), store.on(`typing:${channel.id}`, drawTyping)];
  drawHead();
  drawTyping();

  return {
    element,
    id: channel.id,
    refetch: log.refetch,
    focus: composer.focus,
    destroy() {
      for (const stop of stops) stop();
      composer.destroy();
      log.destroy();
      element.remove();
    },
  };
}

/** @typedef {ReturnType<typeof createPane>} Pane */
