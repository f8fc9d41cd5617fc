/** Servers, the channels of the one that is open with unread marks and threads, and direct messages. */
/** @import {Channel, Guild, User} from './types.js' */
/** @import {Session} from './session.js' */
/** @import {Store} from './store.js' */
import { addressOf } from './address.js';
import { initials, tone } from './avatar.js';
import { h, icon } from './dom.js';
import { channelIcon } from './panehead.js';
import { compareIds } from './snowflake.js';
import { ChannelType, isThread } from './types.js';
import { writeTo } from './usermenu.js';

const THREADS_LISTED = 8;
const LISTED = /** @type {readonly number[]} */ ([
  ChannelType.text,
  ChannelType.announcement,
  ChannelType.forum,
  ChannelType.media,
]);

/** Channels a person can open, in their order. @param {Store} store @param {string} guild */
export function openable(store, guild) {
  return [...store.channels.values()]
    .filter((c) => c.guild_id === guild && LISTED.includes(c.type))
    .sort(byPosition);
}

/** @param {Channel} a @param {Channel} b */
const byPosition = (a, b) => (a.position ?? 0) - (b.position ?? 0) || a.id.localeCompare(b.id);

/** @typedef {{unread: boolean, mentions: number, first: Channel|null}} Mark */

/** What is unread in each server, and where it begins: in one pass, for there may be fifty thousand channels. @param {Store} store @returns {Map<string, Mark>} */
function marksByGuild(store) {
  /** @type {Map<string, Mark>} */
  const marks = new Map();
  for (const channel of store.channels.values()) {
    const guild = channel.guild_id ?? '';
    let mark = marks.get(guild);
    if (!mark) marks.set(guild, (mark = { unread: false, mentions: 0, first: null }));
    mark.unread ||= store.isUnread(channel.id);
    mark.mentions += store.mentions.get(channel.id) ?? 0;
    if (LISTED.includes(channel.type) && (!mark.first || byPosition(channel, mark.first) < 0))
      mark.first = channel;
  }
  return marks;
}

/** The threads in use of one server, by their channel, the most recently used first. @param {Store} store @param {string} guild @returns {Map<string, Channel[]>} */
function threadsByParent(store, guild) {
  /** @type {Map<string, Channel[]>} */
  const threads = new Map();
  for (const channel of store.channels.values()) {
    if (channel.guild_id !== guild || !isThread(channel) || channel.thread_metadata?.archived) continue;
    const parent = channel.parent_id ?? '';
    threads.set(parent, [...(threads.get(parent) ?? []), channel]);
  }
  for (const list of threads.values())
    list.sort((a, b) => compareIds(b.last_message_id ?? b.id, a.last_message_id ?? a.id));
  return threads;
}

/** @param {boolean} unread @param {number} mentions */
function mark(unread, mentions) {
  if (mentions > 0)
    return h(
      'span',
      { class: 'badge' },
      mentions,
      h('span', { class: 'visually-hidden' }, mentions === 1 ? ' mention' : ' mentions'),
    );
  return unread && h('span', { class: 'dot' }, h('span', { class: 'visually-hidden' }, 'unread'));
}

/**
 * @param {Session} session
 * @param {() => {channel: string, thread: string|null}} where what is open
 * @param {() => string} here the server that is shown
 * @param {HTMLElement[]} foot what stands at the foot
 */
export function createSidebar(session, where, here, ...foot) {
  const { store } = session;
  const body = h('div', { class: 'sidebar-body' });
  const element = h('nav', { class: 'sidebar', 'aria-label': 'Channels', id: 'sidebar' }, body, foot);
  /** @type {string} */
  let drawn = '';
  /** Where each server was left. @type {Map<string, string>} */
  const left = new Map();

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
      h('span', { class: 'place-name' }, store.channelName(channel)),
      mark(unread, mentions),
    );
  }

  /** @param {Channel} channel @param {Map<string, Channel[]>} byParent */
  function withThreads(channel, byParent) {
    const open = where().thread;
    const threads = byParent.get(channel.id) ?? [];
    const shown = store.channels.get(open ?? '');
    const listed = threads.filter((thread, index) => index < THREADS_LISTED || thread.id === open);
    if (shown && shown.parent_id === channel.id && !listed.includes(shown)) listed.push(shown);
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

  /** @param {Guild} guild @param {Channel[]} channels @param {Map<string, Channel[]>} threads */
  function section(guild, channels, threads) {
    const place = (/** @type {Channel} */ channel) => withThreads(channel, threads);
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
      channels.length
        ? h('ul', { class: 'places', role: 'list' }, loose.map(place))
        : h('p', { class: 'hint sidebar-note' }, 'There is no channel here that you may see.'),
      groups
        .map(({ category, inner }) => [
          h('h2', { class: 'category' }, category.name),
          h('ul', { class: 'places', role: 'list' }, inner.map(place)),
        ])
        .flat(),
    );
  }

  /** @param {Guild[]} guilds @param {Map<string, Mark>} marks */
  function servers(guilds, marks) {
    const at = here();
    return h(
      'ul',
      { class: 'servers', role: 'list', 'aria-label': 'Servers' },
      guilds.map(({ id, name }) => {
        const { unread = false, mentions = 0, first = null } = marks.get(id) ?? {};
        return h(
          'li',
          null,
          h(
            'a',
            {
              class: 'place server-link',
              href: left.get(id) ?? (first ? addressOf(first) : location.hash),
              'aria-current': id === at ? 'true' : null,
              data: { place: `server-${id}` },
            },
            h('span', { class: `avatar app-face tone-${tone(name)}`, 'aria-hidden': 'true' }, initials(name)),
            h('span', { class: 'place-name' }, name),
            mark(unread, mentions),
          ),
        );
      }),
    );
  }

  /** Bots here that one has not written to yet. @returns {User[]} */
  function strangers() {
    const known = new Set(store.direct().flatMap((c) => (c.recipients ?? []).map(({ id }) => id)));
    return [...(store.members.get(here())?.values() ?? [])].flatMap(({ user }) =>
      user?.bot && !known.has(user.id) ? [user] : [],
    );
  }

  /** @param {User[]} bots */
  function direct(bots) {
    const channels = store.direct();
    if (!channels.length && !bots.length) return null;
    return h(
      'section',
      { class: 'server', 'aria-label': 'Direct messages' },
      h('h2', { class: 'category' }, 'Direct messages'),
      h(
        'ul',
        { class: 'places', role: 'list' },
        channels.map((channel) => h('li', null, entry(channel))),
        bots.map((user) => h('li', null, newTalk(user))),
      ),
    );
  }

  /** @param {User} user */
  function newTalk(user) {
    const name = store.nameOf(user, here());
    const button = h(
      'button',
      { type: 'button', class: 'place', data: { place: `user-${user.id}` } },
      icon('person'),
      h('span', { class: 'place-name' }, h('span', { class: 'visually-hidden' }, 'Write to '), name),
    );
    button.addEventListener('click', () => void writeTo(session, user.id));
    return button;
  }

  function draw() {
    const guilds = [...store.guilds.values()];
    const at = here();
    const guild = store.guilds.get(at);
    /** @type {Map<string, Mark>} */
    const marks = guilds.length > 1 ? marksByGuild(store) : new Map();
    const channels = openable(store, at);
    const threads = threadsByParent(store, at);
    const bots = strangers();
    if (guild && location.hash && store.channels.get(where().channel)?.guild_id)
      left.set(guild.id, location.hash);
    const about = (/** @type {Channel} */ c) => [
      c.id,
      store.channelName(c),
      c.parent_id,
      c.position,
      store.isUnread(c.id),
      store.mentions.get(c.id),
    ];
    const signature = JSON.stringify([
      where(),
      at,
      guilds.map((g) => {
        const { unread, mentions, first } = marks.get(g.id) ?? {};
        return [g.id, g.name, unread, mentions, first?.id];
      }),
      channels.map((c) => [about(c), (threads.get(c.id) ?? []).map(about)]),
      [...store.channels.values()]
        .filter((c) => c.guild_id === at && c.type === ChannelType.category)
        .map(about),
      store.direct().map(about),
      bots.map(({ id }) => id),
    ]);
    if (signature === drawn) return;
    drawn = signature;
    const focused =
      document.activeElement instanceof HTMLElement && body.contains(document.activeElement)
        ? document.activeElement.dataset.place
        : undefined;
    const top = body.scrollTop;
    const serversTop = body.querySelector('.servers')?.scrollTop ?? 0;
    const parts = [
      guilds.length > 1 && servers(guilds, marks),
      guild && section(guild, channels, threads),
      direct(bots),
    ];
    body.replaceChildren(...parts.filter((part) => part instanceof HTMLElement));
    body.scrollTop = top;
    body.querySelector('.servers')?.scrollTo({ top: serversTop, behavior: 'instant' });
    if (focused) {
      const again = body.querySelector(`[data-place="${CSS.escape(focused)}"]`);
      if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    }
  }

  return { element, draw };
}
