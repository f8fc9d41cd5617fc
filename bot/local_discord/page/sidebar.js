/** Servers, their channels with unread marks, and the open threads under each. */
/** @import {Channel, Guild} from './types.js' */
/** @import {Store} from './store.js' */
import { h, icon } from './dom.js';
import { channelIcon } from './pane.js';
import { addressOf } from './richtext.js';
import { ChannelType } from './types.js';

const THREADS_LISTED = 8;
const LISTED = [ChannelType.text, ChannelType.announcement, ChannelType.forum];

/** Channels a person can open, in their order. @param {Store} store @param {string} guild */
export function openable(store, guild) {
  return [...store.channels.values()]
    .filter((c) => c.guild_id === guild && /** @type {number[]} */ (LISTED).includes(c.type))
    .sort(byPosition);
}

/** @param {Channel} a @param {Channel} b */
const byPosition = (a, b) => (a.position ?? 0) - (b.position ?? 0) || a.id.localeCompare(b.id);

/**
 * @param {Store} store
 * @param {() => {channel: string, thread: string|null}} where what is open
 * @param {HTMLElement} person the "who am I" switch, at the foot
 */
export function createSidebar(store, where, person) {
  const body = h('div', { class: 'sidebar-body' });
  const element = h('nav', { class: 'sidebar', 'aria-label': 'Channels', id: 'sidebar' }, body, person);
  /** @type {string} */
  let drawn = '';

  /** @param {Channel} channel */
  function entry(channel) {
    const open = where();
    const current = channel.id === open.thread || (channel.id === open.channel && !open.thread);
    const mentions = store.mentions.get(channel.id) ?? 0;
    const unread = store.isUnread(channel.id);
    return h(
      'a',
      {
        class: `place${unread ? ' unread' : ''}${channel.id === open.channel ? ' within' : ''}`,
        href: addressOf(channel),
        'aria-current': current ? 'page' : null,
        data: { place: channel.id },
      },
      icon(channelIcon(channel)),
      h('span', { class: 'place-name' }, channel.name),
      mentions > 0
        ? h('span', { class: 'badge' }, mentions, h('span', { class: 'visually-hidden' }, ' mentions'))
        : unread && h('span', { class: 'dot' }, h('span', { class: 'visually-hidden' }, 'unread')),
    );
  }

  /** @param {Channel} channel */
  function withThreads(channel) {
    const open = where().thread;
    const threads = store.threadsOf(channel.id);
    const listed = threads.filter((thread, index) => index < THREADS_LISTED || thread.id === open);
    return h(
      'li',
      null,
      entry(channel),
      listed.length > 0 &&
        h(
          'ul',
          { class: 'threads', role: 'list', 'aria-label': `Threads in ${channel.name}` },
          listed.map((thread) => h('li', null, entry(thread))),
        ),
    );
  }

  /** @param {Guild} guild */
  function section(guild) {
    const channels = openable(store, guild.id);
    const categories = [...store.channels.values()]
      .filter((c) => c.guild_id === guild.id && c.type === ChannelType.category)
      .sort(byPosition);
    const loose = channels.filter((c) => !categories.some((category) => category.id === c.parent_id));
    const groups = categories
      .map((category) => ({ category, inner: channels.filter((c) => c.parent_id === category.id) }))
      .filter(({ inner }) => inner.length);
    return h(
      'section',
      { class: 'server', 'aria-label': guild.name },
      h(
        'h1',
        { class: 'server-name' },
        h('img', { src: '/page/icon.svg', alt: '', width: 28, height: 28 }),
        h('span', null, guild.name),
      ),
      h('ul', { class: 'places', role: 'list' }, loose.map(withThreads)),
      groups
        .map(({ category, inner }) => [
          h('h2', { class: 'category' }, category.name),
          h('ul', { class: 'places', role: 'list' }, inner.map(withThreads)),
        ])
        .flat(),
    );
  }

  function draw() {
    const guilds = [...store.guilds.values()];
    const signature = JSON.stringify([
      where(),
      guilds.map((g) => g.name),
      [...store.channels.values()].map((c) => [
        c.id,
        c.name,
        c.parent_id,
        c.position,
        c.thread_metadata?.archived,
        store.isUnread(c.id),
        store.mentions.get(c.id),
      ]),
      guilds.flatMap((g) => openable(store, g.id)).map((c) => store.threadsOf(c.id).map((t) => t.id)),
    ]);
    if (signature === drawn) return;
    drawn = signature;
    const focused =
      document.activeElement instanceof HTMLElement && body.contains(document.activeElement)
        ? document.activeElement.dataset.place
        : undefined;
    const top = body.scrollTop;
    body.replaceChildren(...guilds.map(section));
    body.scrollTop = top;
    if (focused) {
      const again = body.querySelector(`[data-place="${CSS.escape(focused)}"]`);
      if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    }
  }

  return { element, draw };
}
