/** The messages of a channel or thread, as a log that can be read, walked by keyboard and followed live. */
/** @import {Channel, Message, Pending, User} from './types.js' */
/** @import {Session} from './session.js' */
import { sentence } from './request.js';
import { toast } from './announcer.js';
import { arrange, h, icon, perFrame } from './dom.js';
import { authorName, createMessageRow } from './message.js';
import { createActions } from './actions.js';
import { day, sameDay } from './moments.js';
import { pendingRow } from './pending.js';
import { keepPlace } from './scroll.js';
import { readHistory } from './session.js';
import { compareIds } from './snowflake.js';
import { ChannelType, Flag, MessageType, has, isThread } from './types.js';

const GROUP_MS = 7 * 60_000;
const NEAR_EDGE = 120;

/**
 * @param {Session} session
 * @param {Channel} channel
 * @param {{onReply: (message: Message) => void, onPerson: (user: User, anchor: HTMLElement) => void, onPins: () => void}} hooks
 */
export function createLog(session, channel, { onReply, onPerson, onPins }) {
  const { store, api } = session;
  const guild = channel.guild_id ?? '';
  const timeline = store.timeline(channel.id);
  const list = h('ol', { class: 'messages', role: 'list' });
  const intro = h('div', { class: 'intro' });
  const status = h('div', { class: 'log-status' });
  const content = h('div', { class: 'log-content' }, intro, status, list);
  const box = h(
    'div',
    {
      class: 'log',
      role: 'log',
      'aria-live': 'off',
      tabindex: 0,
      'aria-label': `Messages in ${store.channelName(channel)}`,
    },
    content,
  );
  const jumpButton = h(
    'button',
    { type: 'button', class: 'jump', hidden: true },
    icon('down'),
    h('span', null, 'Jump to newest'),
  );
  const element = h('div', { class: 'log-frame' }, box, jumpButton);
  const place = keepPlace(box, list);
  const actions = createActions(session, guild, { onReply });

  /** @type {Map<string, ReturnType<typeof createMessageRow>>} */
  const rows = new Map();
  /** @type {Map<string, {pending: Pending, start: boolean, element: HTMLElement}>} */
  const pendingRows = new Map();
  /** @type {Map<string, HTMLElement>} */
  const dividers = new Map();
  let newestSeen = '';
  let missed = 0;
  let fetching = false;
  // what was unread on arrival stays marked while the channel is open
  const readUpTo = store.isUnread(channel.id) ? store.marks.get(channel.id) : null;

  /** @param {string} key @param {() => HTMLElement} make */
  function divider(key, make) {
    const known = dividers.get(key) ?? make();
    dividers.set(key, known);
    return known;
  }

  /** @returns {HTMLElement[]} */
  function messageElements() {
    const out = [];
    const wanted = new Set();
    let marked = readUpTo === null;
    /** @type {Message|null} */
    let previous = null;
    for (const message of timeline.messages) {
      wanted.add(message.id);
      const date = new Date(message.timestamp);
      const newDay = !previous || !sameDay(new Date(previous.timestamp), date);
      if (newDay)
        out.push(
          divider(date.toDateString(), () => h('li', { class: 'divider' }, h('span', null, day(date)))),
        );
      const unread = !marked && compareIds(message.id, readUpTo ?? '') > 0;
      if (unread) {
        marked = true;
        if (previous)
          out.push(divider('unread', () => h('li', { class: 'divider unread' }, h('span', null, 'New'))));
      }
      let row = rows.get(message.id);
      if (!row)
        rows.set(
          message.id,
          (row = createMessageRow(session, guild, { jump: (id) => void jumpTo(id), onPerson, onPins })),
        );
      row.update(message, newDay || unread || !follows(previous, message));
      out.push(row.element);
      previous = message;
    }
    for (const id of rows.keys()) if (!wanted.has(id)) rows.delete(id);
    return [...out, ...pendingElements(previous)];
  }

  /** @param {Message|null} previous @returns {HTMLElement[]} */
  function pendingElements(previous) {
    const nonces = new Set(timeline.pending.map((p) => p.nonce));
    for (const nonce of pendingRows.keys()) if (!nonces.has(nonce)) pendingRows.delete(nonce);
    return timeline.pending.map((pending, index) => {
      const start =
        index === 0
          ? previous?.author.id !== store.me || has(previous, Flag.ephemeral) || pending.replyTo != null
          : false;
      const known = pendingRows.get(pending.nonce);
      if (known?.pending === pending && known.start === start) return known.element;
      const made = pendingRow(pending, session, guild, start);
      pendingRows.set(pending.nonce, { pending, start, element: made });
      return made;
    });
  }

  function render() {
    place.during(() => {
      arrange(list, messageElements());
      list.hidden = list.childElementCount === 0;
      drawIntro();
    });
    const newest = timeline.newest?.id ?? '';
    if (!timeline.detached && newestSeen && compareIds(newest, newestSeen) > 0 && !place.atEnd) {
      missed += timeline.messages.filter((message) => compareIds(message.id, newestSeen) > 0).length;
    }
    if (timeline.loaded && !timeline.detached) newestSeen = newest;
    drawJump();
    if (atNewest()) seen();
  }

  function drawIntro() {
    intro.hidden = !timeline.loaded || !timeline.complete;
    if (intro.hidden || intro.childElementCount) return;
    if (isThread(channel)) {
      intro.classList.add('quiet');
      intro.append(h('p', { class: 'intro-text' }, 'This thread starts here.'));
      return;
    }
    const name = store.channelName(channel);
    const direct = channel.type === ChannelType.direct;
    intro.append(
      h('span', { class: 'intro-icon' }, icon(direct ? 'person' : 'hash')),
      h('p', { class: 'intro-name' }, name),
      h(
        'p',
        { class: 'intro-text' },
        direct ? `This is where you and ${name} write to each other.` : `This is the start of #${name}.`,
      ),
    );
  }

  function drawJump() {
    if (atNewest()) missed = 0;
    jumpButton.hidden = atNewest();
    const text = missed ? `${missed} new ${missed === 1 ? 'message' : 'messages'}` : 'Jump to newest';
    const label = jumpButton.lastElementChild;
    if (label && label.textContent !== text) label.textContent = text;
  }

  /** Whether the end of what is shown is the end of what there is. */
  const atNewest = () => place.atEnd && !timeline.detached;

  function seen() {
    if (timeline.loaded && !timeline.detached && !document.hidden) store.markRead(channel.id);
  }

  /** @param {import('./timeline.js').Way} way @param {string} [around] @returns {Promise<boolean>} whether it could be read */
  async function read(way, around) {
    if (fetching) return false;
    fetching = true;
    const words = {
      newest: 'Loading messages…',
      around: 'Loading messages…',
      older: 'Loading older messages…',
      newer: '',
    };
    const quiet = way === 'newer' || (way === 'newest' && timeline.loaded);
    status.replaceChildren(...(quiet ? [] : [h('p', { class: 'loading' }, words[way])]));
    try {
      await readHistory(api, store, channel.id, { way, ...(around ? { around } : {}) });
      status.replaceChildren();
      return true;
    } catch (error) {
      const again = h(
        'button',
        { type: 'button', class: 'text-button', on: { click: () => void read(way, around) } },
        'Try again',
      );
      status.replaceChildren(h('p', { class: 'problem', role: 'alert' }, `${sentence(error)} `, again));
      return false;
    } finally {
      fetching = false;
      render();
    }
  }

  /** Go to a message, which is fetched with what stands around it where it is not here. @param {string} id */
  async function jumpTo(id) {
    await opened;
    if (!timeline.get(id)) {
      place.leaveEnd();
      if (!(await read('around', id))) return;
    }
    if (!timeline.get(id)) {
      toast('That message is not here any more.', 'error');
      return;
    }
    const article = rows.get(id)?.element.querySelector('article');
    if (!article) return;
    place.leaveEnd();
    article.scrollIntoView({ block: 'center' });
    article.focus({ preventScroll: true });
    article.classList.add('flash');
    setTimeout(() => article.classList.remove('flash'), 1600);
  }

  /** To the newest message, which is fetched where what is shown ends before it. */
  async function toEnd() {
    if (timeline.detached) await read('newest');
    place.toEnd();
  }

  place.onMove = () => {
    drawJump();
    if (atNewest()) seen();
    if (!timeline.loaded) return;
    if (box.scrollTop < NEAR_EDGE && !timeline.complete && !place.atEnd) void read('older');
    else if (timeline.detached && place.toGo < NEAR_EDGE) void read('newer');
  };
  jumpButton.addEventListener('click', async () => {
    await toEnd();
    box.focus({ preventScroll: true });
  });
  box.addEventListener('keydown', (event) => walk(event, box));
  actions.attach(list, (id) => timeline.get(id));
  const schedule = perFrame(render);
  const stops = [store.on(`messages:${channel.id}`, schedule), store.on('places', schedule)];
  const shown = () => atNewest() && seen();
  document.addEventListener('visibilitychange', shown);
  render();
  const opened = read('newest');

  return {
    element,
    /** Read again what may have changed unheard; who reads far back stays there. */
    refetch() {
      const middle = timeline.messages[timeline.messages.length >> 1];
      return timeline.detached && middle ? read('around', middle.id) : read('newest');
    },
    toEnd: () => void toEnd(),
    jumpTo,
    /** @param {Message} message */
    edit: (message) => {
      const article = rows.get(message.id)?.element.querySelector('article');
      if (article) actions.edit(message, article);
    },
    destroy() {
      for (const stop of stops) stop();
      document.removeEventListener('visibilitychange', shown);
      place.stop();
      actions.destroy();
    },
    /** @param {Message} message */
    nameOf: (message) => authorName(message, session, guild),
  };
}

/** @typedef {ReturnType<typeof createLog>} Log */

/** Whether a message continues the group of the one before. @param {Message|null} previous @param {Message} message */
function follows(previous, message) {
  if (
    !previous ||
    previous.author.id !== message.author.id ||
    previous.author.username !== message.author.username
  )
    return false;
  if (previous.type !== MessageType.default && previous.type !== MessageType.reply) return false;
  if (message.type !== MessageType.default || message.interaction_metadata || message.interaction)
    return false;
  if (has(previous, Flag.ephemeral) !== has(message, Flag.ephemeral)) return false;
  return new Date(message.timestamp).getTime() - new Date(previous.timestamp).getTime() < GROUP_MS;
}

/** Arrow keys go from message to message. @param {KeyboardEvent} event @param {HTMLElement} box */
function walk(event, box) {
  const on = event.target;
  if (!(on instanceof HTMLElement) || (on !== box && !on.matches('article.message'))) return;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
  const articles = [...box.querySelectorAll('article.message')];
  const edge = { Home: 0, End: articles.length - 1 }[event.key];
  if (!step && edge === undefined) return;
  const at = on === box ? (step < 0 ? articles.length : -1) : articles.indexOf(on);
  const next = articles[edge ?? at + step];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
}
