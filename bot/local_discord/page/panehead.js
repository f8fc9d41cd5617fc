/** The head of an open channel or thread: its name, and what can be opened from it. */
/** @import {Channel} from './types.js' */
/** @import {Session} from './session.js' */
import { toast } from './announcer.js';
import { h, icon } from './dom.js';
import { openMenu } from './menu.js';
import { Permission, may } from './permissions.js';
import { showPins } from './pins.js';
import { sentence } from './request.js';
import { showThreads } from './threadlist.js';
import { ChannelType, isForum, isThread } from './types.js';

/** @param {Channel} channel @returns {Parameters<typeof icon>[0]} */
export function channelIcon(channel) {
  if (channel.type === ChannelType.privateThread) return 'lock';
  if (isThread(channel)) return 'thread';
  if (channel.type === ChannelType.direct) return 'person';
  if (channel.type === ChannelType.announcement) return 'megaphone';
  return isForum(channel) ? 'forum' : 'hash';
}

/**
 * @param {Session} session
 * @param {Channel} channel
 * @param {{onMenu?: () => void, closeAddress?: string}} hooks `onMenu` opens the drawer, `closeAddress` is where closing leads
 */
export function createHead(session, channel, { onMenu, closeAddress }) {
  const { store, api } = session;
  const name = h('h2', { class: 'pane-name' });
  const topic = h('p', { class: 'pane-topic' });

  /** @param {Parameters<typeof icon>[0]} face @param {string} label @param {(button: HTMLElement) => void} act @param {object} [more] */
  function tool(face, label, act, more = {}) {
    const button = h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': label, title: label, ...more },
      icon(face),
    );
    button.addEventListener('click', () => act(button));
    return button;
  }

  const hasThreads = Boolean(channel.guild_id) && !isThread(channel) && !isForum(channel);
  const element = h(
    'header',
    { class: 'pane-head' },
    // where the channels are out of sight, so is the heading that all others stand below
    h(
      'h1',
      { class: 'visually-hidden narrow-only' },
      store.guilds.get(channel.guild_id ?? '')?.name ?? 'Direct messages',
    ),
    onMenu && tool('menu', 'Channels', onMenu, { class: 'tool menu-button' }),
    closeAddress &&
      h(
        'a',
        { class: 'tool back-button', href: closeAddress, 'aria-label': 'Back to the channel' },
        icon('back'),
      ),
    h('span', { class: 'pane-icon' }, icon(channelIcon(channel))),
    h('div', { class: 'pane-title' }, name, topic),
    hasThreads && tool('thread', 'Threads', () => showThreads(session, channel)),
    !isForum(channel) && tool('pin', 'Pinned messages', () => showPins(session, channel)),
    isThread(channel) &&
      tool('dots', 'Thread actions', (button) => threadMenu(button), { 'aria-haspopup': 'menu' }),
    closeAddress &&
      h(
        'a',
        {
          class: 'tool close-button',
          href: closeAddress,
          'aria-label': 'Hide the thread',
          title: 'Hide the thread',
        },
        icon('close'),
      ),
  );

  /** @param {() => Promise<unknown>} act @param {string} said */
  async function tried(act, said) {
    try {
      await act();
      toast(said);
    } catch (error) {
      toast(sentence(error), 'error');
    }
  }

  /** @param {HTMLElement} button */
  function threadMenu(button) {
    const thread = store.channels.get(channel.id) ?? channel;
    const { archived = false, locked = false } = thread.thread_metadata ?? {};
    const manage = may(store, thread.id, Permission.manageThreads);
    const own = thread.owner_id === store.me;
    openMenu({
      label: 'Thread actions',
      anchor: button,
      back: button,
      items: [
        !archived &&
          (thread.member
            ? {
                label: 'Leave',
                icon: 'out',
                act: () => void tried(() => api.leave(thread.id), 'You have left'),
              }
            : {
                label: 'Join',
                icon: 'plus',
                act: () => void tried(() => api.join(thread.id), 'You take part now'),
              }),
        (own || manage) &&
          !archived && {
            label: 'Close the thread',
            icon: 'check',
            act: () => void tried(() => api.change(thread.id, { archived: true }), 'Closed'),
          },
        (own || manage || !locked) &&
          archived && {
            label: 'Open the thread again',
            icon: 'thread',
            act: () => void tried(() => api.change(thread.id, { archived: false }), 'Open again'),
          },
        manage && {
          label: locked ? 'Unlock' : 'Lock',
          icon: 'lock',
          act: () =>
            void tried(() => api.change(thread.id, { locked: !locked }), locked ? 'Unlocked' : 'Locked'),
        },
        { heading: `${thread.message_count ?? 0} messages` },
      ],
    });
  }

  /** @param {Channel} now */
  function about(now) {
    if (!isThread(now)) return now.topic ?? '';
    const { archived, locked } = now.thread_metadata ?? {};
    const parent = store.channelName(store.channels.get(now.parent_id ?? '')) || 'a channel';
    return [`Thread in #${parent}`, archived && 'closed', locked && 'locked', now.member && 'joined']
      .filter(Boolean)
      .join(' · ');
  }

  function draw() {
    const now = store.channels.get(channel.id);
    if (!now) return;
    const called = store.channelName(now);
    if (name.textContent !== called) name.textContent = called;
    const text = about(now);
    if (topic.textContent !== text) topic.textContent = text;
    topic.title = text;
    topic.hidden = !text;
  }

  const stop = store.on('places', draw);
  draw();
  return { element, destroy: stop };
}
