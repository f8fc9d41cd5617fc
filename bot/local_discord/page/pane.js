/** A channel or thread as it is open: its head, its log, who types, and where to write. */
/** @import {Channel} from './types.js' */
/** @import {Session} from './session.js' */
import { createComposer } from './composer.js';
import { h } from './dom.js';
import { filesOf } from './files.js';
import { createLog } from './log.js';
import { createHead } from './panehead.js';
import { showPins } from './pins.js';
import { ChannelType, isThread } from './types.js';
import { openUserMenu } from './usermenu.js';

/**
 * @param {Session} session
 * @param {Channel} channel
 * @param {{onMenu?: () => void, closeAddress?: string}} hooks `onMenu` opens the drawer, `closeAddress` is where closing leads
 */
export function createPane(session, channel, hooks) {
  const { store } = session;
  const log = createLog(session, channel, {
    onReply: (message) => composer.answer(message),
    onPerson: (user, anchor) => openUserMenu(session, channel, user, anchor, composer.mention),
    onPins: () => showPins(session, channel),
  });
  const composer = createComposer(session, channel, {
    onSend: log.toEnd,
    onEditLast: editLast,
    nameOf: log.nameOf,
  });
  const head = createHead(session, channel, hooks);
  const typing = h('div', { class: 'typing' });
  const dropNote = h('div', { class: 'drop-note', 'aria-hidden': 'true' }, 'Drop the files to add them');
  const called = store.channelName(channel);
  const element = h(
    isThread(channel) ? 'aside' : 'main',
    {
      class: isThread(channel) ? 'pane pane-thread' : 'pane pane-channel',
      'aria-label': `${kindOf(channel)} ${called}`,
    },
    head.element,
    log.element,
    h('div', { class: 'pane-foot' }, composer.element, typing),
    dropNote,
  );

  function editLast() {
    const mine = store
      .timeline(channel.id)
      .messages.filter((m) => m.author.id === store.me && !m.webhook_id && (m.type === 0 || m.type === 19));
    const last = mine[mine.length - 1];
    if (last) log.edit(last);
  }

  function drawTyping() {
    const names = store.typists(channel.id).map((id) => {
      const user = store.users.get(id);
      return user ? store.nameOf(user, channel.guild_id) : 'Someone';
    });
    const text = typingSentence(names);
    if ((typing.textContent ?? '') === text) return;
    typing.replaceChildren(
      ...(text
        ? [h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')), h('span', null, text)]
        : []),
    );
  }

  /** @param {DragEvent} event */
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files') ?? false;
  element.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    element.classList.add('dropping');
  });
  element.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && element.contains(relatedTarget)))
      element.classList.remove('dropping');
  });
  element.addEventListener('drop', (event) => {
    element.classList.remove('dropping');
    if (!carriesFiles(event)) return;
    event.preventDefault();
    composer.addFiles(filesOf(event.dataTransfer));
  });

  const stop = store.on(`typing:${channel.id}`, drawTyping);
  drawTyping();

  return {
    element,
    id: channel.id,
    refetch: log.refetch,
    jumpTo: log.jumpTo,
    focus: composer.focus,
    destroy() {
      stop();
      head.destroy();
      composer.destroy();
      log.destroy();
      element.remove();
    },
  };
}

/** @typedef {{element: HTMLElement, id: string, refetch: () => Promise<unknown>, jumpTo: (id: string) => Promise<void>, focus: () => void, destroy: () => void}} Pane */

/** @param {Channel} channel */
function kindOf(channel) {
  if (isThread(channel)) return 'Thread';
  return channel.type === ChannelType.direct ? 'Direct messages with' : 'Channel';
}

/** @param {string[]} names */
function typingSentence(names) {
  if (names.length === 0) return '';
  if (names.length === 1) return `${names[0]} is typing…`;
  return names.length === 2 ? `${names[0]} and ${names[1]} are typing…` : 'Several people are typing…';
}
