/**
 * One person's sitting: their store, their live line, and the page around it. Switching to another person ends it and
 * begins another, so that nothing of what one saw is left for the other.
 */
/** @import {Channel, Message, Scene, User} from './types.js' */
/** @import {Session} from './session.js' */
/** @import {Pane} from './pane.js' */
import { addressOf, parts } from './address.js';
import { announce } from './announcer.js';
import { createApi } from './api.js';
import { countMissed } from './catchup.js';
import { h, perFrame } from './dom.js';
import { take } from './events.js';
import { showForm } from './forms.js';
import { createForum } from './forum.js';
import { createGateway } from './gateway.js';
import { createHighlighter } from './highlight.js';
import { createInteractions } from './interactions.js';
import { authorName } from './message.js';
import { drafts, readMarks } from './memory.js';
import { createPane } from './pane.js';
import { panelButton } from './panelbutton.js';
import { plainText } from './richtext.js';
import { createSidebar, openable } from './sidebar.js';
import { Store } from './store.js';
import { ChannelType, Flag, has, isForum, isThread } from './types.js';
import { createWhoAmI } from './whoami.js';

const FOLLOW_MS = 90_000;
const BANNER_AFTER_MS = 400;

/**
 * @param {{root: HTMLElement, key: string, scene: Scene, me: User, onSwitch: (user: User) => void, onRefused: () => void}} options
 */
export function beginSitting({ root, key, scene, me, onSwitch, onRefused }) {
  const store = new Store(me.id, readMarks(me.id));
  const api = createApi(key, me.id);
  const highlight = createHighlighter(api);
  const interactions = createInteractions({
    api,
    sessionId: () => gateway.sessionId,
    onForm: (form) => showForm(form, interactions, { store, highlight }),
  });
  const wide = window.matchMedia('(min-width: 1100px)');
  const narrow = window.matchMedia('(max-width: 759px)');
  const life = new AbortController();
  /** When I last did something to a bot, by channel. @type {Map<string, number>} */
  const acts = new Map();
  /** Whether the gateway has said what is there. */
  let told = false;
  /** How many servers are still to be described. */
  let expected = 0;
  /** What an address named and was asked for. @type {Set<string>} */
  const sought = new Set();
  /** @type {Pane|null} */
  let channelPane = null;
  /** @type {Pane|null} */
  let threadPane = null;

  for (const user of scene.people) store.users.set(user.id, user);
  // which channels this person may see is told by the gateway alone
  for (const guild of scene.guilds) store.putGuild({ ...guild, channels: [], threads: [] });

  /** @type {Session} */
  const session = {
    store,
    api,
    interactions,
    open: (address) => {
      location.hash = address;
    },
    acted: (channel) => acts.set(channel, performance.now()),
    drafts: drafts(me.id),
    highlight,
  };

  const where = () => place(store, scene.welcome_channel);
  /** The server that was open last: direct messages belong to none. */
  let lastGuild = scene.guilds[0]?.id ?? '';
  const guildId = () => (lastGuild = store.channels.get(where().channel)?.guild_id ?? lastGuild);
  const who = createWhoAmI({ session, people: scene.people, guild: guildId, onSwitch });
  const sidebar = createSidebar(session, where, guildId, panelButton(), who.element);
  const banner = h('div', { class: 'banner', role: 'status' });
  const shade = h('div', { class: 'shade' });
  const stage = h('div', { class: 'stage', id: 'stage' });
  const skip = h('a', { class: 'skip', href: '#stage' }, 'Skip to the message box');
  root.replaceChildren(skip, banner, h('div', { class: 'columns' }, sidebar.element, shade, stage));

  function drawer(/** @type {boolean} */ open) {
    root.classList.toggle('drawer-open', open && narrow.matches);
    sidebar.element.inert = narrow.matches && !open;
    stage.inert = narrow.matches && open;
    skip.inert = stage.inert;
    if (open && narrow.matches) sidebar.element.querySelector('a')?.focus();
  }

  function show() {
    const { channel, thread } = where();
    channelPane = swap(channelPane, channel, () => ({ onMenu: () => drawer(true) }));
    threadPane = swap(threadPane, thread, () => ({ closeAddress: `#/${channel}` }));
    const panes = [channelPane?.element, threadPane?.element].filter((element) => element !== undefined);
    for (const [index, element] of panes.entries())
      if (stage.children[index] !== element) stage.insertBefore(element, stage.children[index] ?? null);
    stage.classList.toggle('with-thread', threadPane !== null);
    coverChannel();
    if (channelPane) stage.querySelector('.notice-page')?.remove();
    else if (told)
      stage.replaceChildren(h('p', { class: 'notice-page' }, 'There is no channel here that you may see.'));
    draw();
    jump();
    void fetchNamed();
  }

  /** @param {Pane|null} pane @param {string|null} id @param {() => {onMenu?: () => void, closeAddress?: string}} hooks @returns {Pane|null} */
  function swap(pane, id, hooks) {
    if (pane && pane.id === id) return pane;
    pane?.destroy();
    const channel = id ? store.channels.get(id) : undefined;
    if (!channel) return null;
    return isForum(channel) ? createForum(session, channel, hooks()) : createPane(session, channel, hooks());
  }

  /** Many servers are described at once when one comes in. */
  const showSoon = perFrame(() => life.signal.aborted || show());

  /** The address names what is not here: a closed thread, which is told of only when asked for. */
  async function fetchNamed() {
    const { channel, thread } = parts(location.hash);
    const missing = [channel, thread].find((id) => /^\d+$/.test(id) && !store.channels.has(id));
    if (!told || !missing || sought.has(missing)) return;
    sought.add(missing);
    try {
      store.putChannel(await api.channel(missing));
      show();
    } catch {
      // it is not there, or not for me to see: what is open stays
    }
  }

  /** The address names a message: go there, and let a reload open the channel as usual. */
  function jump() {
    const { message } = parts(location.hash);
    const { channel, thread } = where();
    const pane = thread ? threadPane : channelPane;
    const at = store.channels.get(thread ?? channel);
    if (!message || !pane || !at) return;
    history.replaceState(null, '', addressOf(at));
    void pane.jumpTo(message);
  }

  /** Where the thread covers the channel, the channel is out of reach for keyboard and screen reader too. */
  function coverChannel() {
    if (channelPane) channelPane.element.inert = threadPane !== null && !wide.matches;
  }

  const draw = perFrame(() => {
    sidebar.draw();
    who.draw();
    const { channel, thread } = where();
    const open = store.channels.get(thread ?? channel);
    const sign = thread || open?.type === ChannelType.direct ? '' : '#';
    const waiting = [...store.mentions.values()].reduce((a, b) => a + b, 0);
    document.title = `${waiting ? `(${waiting}) ` : ''}${sign}${store.channelName(open)} · ${store.guilds.get(guildId())?.name ?? 'cogswarm'}`;
  });

  /** @param {Message} message */
  function tell(message) {
    const open = [channelPane?.id, threadPane?.id];
    if (!open.includes(message.channel_id) || message.author.id === store.me) return;
    announce(`${authorName(message, session, guildId())}: ${spoken(message)}`);
  }

  /** @param {Message} message */
  function spoken(message) {
    if (has(message, Flag.loading)) return 'is thinking';
    const at = { store, guild: guildId() };
    const cards = (message.embeds ?? []).map((embed) =>
      [embed.title, embed.description && plainText(embed.description, at)].filter(Boolean).join('. '),
    );
    const files = (message.attachments ?? []).map((file) => `file ${file.filename}`);
    const private_ = has(message, Flag.ephemeral) ? ['Only you can see this.'] : [];
    return [plainText(message.content ?? '', at), ...cards, ...files, ...private_].filter(Boolean).join('\n');
  }

  /** A thread that comes of what I just did opens beside the channel, if there is room and none is open. @param {Channel} thread */
  function follow(thread) {
    const parent = thread.parent_id ?? '';
    const mine = performance.now() - (acts.get(parent) ?? -Infinity) < FOLLOW_MS;
    const { channel, thread: open } = where();
    if (!mine || open || channel !== parent || !wide.matches) return;
    acts.delete(parent);
    session.open(`/${parent}/${thread.id}`);
  }

  // ---- the live line
  let lost = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let bannerTimer;
  /** @type {Set<string>} messages that were placeholders and have not been read out yet */
  const thinking = new Set();

  const gateway = createGateway({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/gateway?v=10&encoding=json`,
    token: `local:${key}:${me.id}`,
    onState(state) {
      root.dataset.line = state;
      if (state === 'ready') {
        clearTimeout(bannerTimer);
        banner.replaceChildren();
        if (lost) void reread();
        lost = false;
      } else if (state === 'lost' && !lost) {
        lost = true;
        bannerTimer = setTimeout(() => banner.replaceChildren(reconnecting()), BANNER_AFTER_MS);
      } else if (state === 'refused') onRefused();
    },
    onEvent(type, data) {
      if (type === 'MESSAGE_CREATE' && has(data, Flag.loading)) thinking.add(data.id);
      if (type === 'READY') expected = data.guilds?.length ?? 0;
      if (type === 'GUILD_CREATE') expected -= 1;
      if ((type === 'GUILD_CREATE' || type === 'READY') && expected <= 0) told = true;
      take(store, type, data);
      interactions.take(type, data);
      if ((type === 'GUILD_CREATE' || type === 'READY') && expected === 0) void countMissed(session);
      if (
        type === 'READY' ||
        type.startsWith('GUILD_') ||
        type.startsWith('CHANNEL_') ||
        type.startsWith('THREAD_')
      )
        showSoon();
      if (type === 'MESSAGE_UPDATE' && thinking.has(data.id) && !has(data, Flag.loading)) {
        thinking.delete(data.id);
        const whole = store.timeline(data.channel_id).get(data.id);
        if (whole) tell(whole);
      }
    },
  });

  async function reread() {
    await Promise.all([channelPane?.refetch(), threadPane?.refetch()]);
  }

  store.on('places', draw);
  store.on('arrived', tell);
  store.on('thread', follow);
  window.addEventListener(
    'hashchange',
    () => {
      drawer(false);
      show();
    },
    { signal: life.signal },
  );
  for (const query of [wide, narrow]) {
    query.addEventListener('change', () => (drawer(false), coverChannel()), { signal: life.signal });
  }
  skip.addEventListener('click', (event) => {
    event.preventDefault();
    (threadPane ?? channelPane)?.focus();
  });
  shade.addEventListener('click', () => drawer(false));
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && root.classList.contains('drawer-open')) {
        drawer(false);
        stage.querySelector('button')?.focus();
      }
    },
    { signal: life.signal },
  );
  drawer(false);
  show();

  return {
    end() {
      life.abort();
      clearTimeout(bannerTimer);
      gateway.close();
      channelPane?.destroy();
      threadPane?.destroy();
      who.destroy();
    },
  };
}

/** What the address names, as far as it is there; else the welcome channel. @param {Store} store @param {string} welcome */
function place(store, welcome) {
  const named = parts(location.hash);
  const first = store.channels.get(named.channel);
  const known = first && !isThread(first) ? first : undefined;
  const fallback =
    store.channels.get(welcome) ?? [...store.guilds.keys()].flatMap((guild) => openable(store, guild))[0];
  const channel = known?.id ?? fallback?.id ?? '';
  const thread = known ? store.channels.get(named.thread) : undefined;
  return { channel, thread: thread && isThread(thread) && thread.parent_id === channel ? thread.id : null };
}

const reconnecting = () =>
  h(
    'p',
    null,
    h('span', { class: 'spinner', 'aria-hidden': 'true' }),
    'The server does not answer; trying again…',
  );
