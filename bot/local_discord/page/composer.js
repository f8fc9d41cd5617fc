/** Where a person writes: messages with files, `/` for commands, `@` and `#` for names. */
/** @import {Channel, Message} from './types.js' */
/** @import {Entry, Typed} from './commands.js' */
/** @import {Mentionable} from './mentions.js' */
/** @import {Session} from './session.js' */
import { createCommandForm } from './commandform.js';
import { h, icon } from './dom.js';
import { createTray, fileButton, filesOf } from './files.js';
import { mentionables, withTags } from './mentions.js';
import { Permission, may, mayWrite } from './permissions.js';
import { createReplyBar } from './replybar.js';
import { say } from './session.js';
import { createSuggesting } from './suggesting.js';
import { ChannelType, isThread } from './types.js';

const TYPING_EVERY_MS = 8000;
const LONGEST = 2000;

/** @param {Session} session @param {Channel} channel */
function placeName({ store }, channel) {
  if (isThread(channel)) return 'this thread';
  const name = store.channelName(channel);
  return channel.type === ChannelType.direct ? name : `#${name}`;
}

/**
 * @param {Session} session
 * @param {Channel} channel
 * @param {{onSend: () => void, onEditLast: () => void, nameOf: (message: Message) => string}} hooks
 */
export function createComposer(session, channel, { onSend, onEditLast, nameOf }) {
  const { store, api, drafts } = session;
  const guild = channel.guild_id ?? '';
  const place = `Message ${placeName(session, channel)}`;
  const popups = h('div', { class: 'popups' });
  const hint = h('div', { class: 'composer-hint', role: 'status' });
  const count = h('span', { class: 'char-count', role: 'status' });
  const reply = createReplyBar({ nameOf, onChange: () => text.focus() });
  const tray = createTray({ onChange: () => fit(), onProblem: complain });
  const attach = fileButton({ label: 'Add files', onFiles: addFiles });
  const suggesting = createSuggesting(session, channel, {
    text: () => text,
    popups,
    onCommand: (entry, values) => void enter(entry, values),
    onName: insertName,
  });
  const { list } = suggesting;
  const text = h('textarea', {
    class: 'composer-text',
    rows: 1,
    placeholder: window.matchMedia('(max-width: 759px)').matches ? place : `${place}, or type / for commands`,
    'aria-label': `Message ${store.channelName(channel)}. Type slash for commands.`,
    'aria-autocomplete': 'list',
    'aria-haspopup': 'listbox',
    enterkeyhint: 'send',
    autocomplete: 'off',
  });
  const slash = h(
    'button',
    { type: 'button', class: 'composer-button slash', 'aria-label': 'Commands', title: 'Commands (type /)' },
    '/',
  );
  const send = h(
    'button',
    { type: 'button', class: 'composer-button send', 'aria-label': 'Send', title: 'Send (Enter)' },
    icon('send'),
  );
  const slot = h('div', { class: 'composer-slot' }, text);
  const box = h('div', { class: 'composer-box' }, attach.button, slash, slot, count, send);
  const closed = h('p', { class: 'composer-closed', hidden: true });
  const element = h(
    'div',
    { class: 'composer' },
    popups,
    reply.element,
    tray.element,
    closed,
    box,
    attach.input,
    hint,
  );
  /** @type {ReturnType<typeof createCommandForm>|null} */
  let form = null;
  /** Names that were picked from the list: they win over others that are called the same. @type {Map<string, Mentionable>} */
  const picked = new Map();
  let lastTyping = 0;

  function fit() {
    text.style.height = 'auto';
    text.style.height = `${Math.min(text.scrollHeight, Math.round(window.innerHeight * 0.4))}px`;
    const left = LONGEST - text.value.length;
    count.textContent = left < 200 ? String(left) : '';
    count.classList.toggle('over', left < 0);
    send.disabled = !form && !text.value.trim() && !tray.files.length;
  }

  /** @param {string} words */
  function complain(words) {
    hint.replaceChildren(h('span', { class: 'problem', role: 'alert' }, words));
  }

  /** @param {File[]} files */
  function addFiles(files) {
    if (!files.length) return;
    hint.replaceChildren();
    if (!may(store, channel.id, Permission.attachFiles)) return complain('You may not add files here.');
    if (form) return complain('Send or leave the command first; its own files are added in its fields.');
    tray.add(files);
    text.focus();
  }

  const suggest = () => void suggesting.suggest(() => !form);

  /** @param {number} start @param {Mentionable} name */
  function insertName(start, name) {
    const written = `${name.sign}${name.name}`;
    picked.set(written, name);
    text.setRangeText(`${written} `, start, text.selectionStart, 'end');
    list.hide();
    fit();
    text.focus();
  }

  /** @param {Entry} entry @param {Map<string, Typed>} values */
  function enter(entry, values) {
    list.hide();
    popups.replaceChildren();
    const made = createCommandForm(session, channel, entry, values, { popups, hint, onEnd: leave });
    form = made;
    text.value = '';
    slot.replaceChildren(made.element);
    element.classList.add('commanding');
    fit();
    made.focus();
    return made;
  }

  /** @param {string} left */
  function leave(left) {
    if (!form) return;
    form = null;
    popups.replaceChildren();
    hint.replaceChildren();
    element.classList.remove('commanding');
    slot.replaceChildren(text);
    text.value = left;
    fit();
    text.focus();
    if (left) suggest();
    else onSend();
  }

  function submit() {
    if (form) return form.submit();
    const content = text.value.trim();
    if (!content && !tray.files.length) return;
    if (/^\/[\p{L}\p{N}_-]/u.test(content) && !tray.files.length) void useTyped(content);
    else post(content);
  }

  /** A line that was sent before the picker came up is a command all the same, if it names one. @param {string} content */
  async function useTyped(content) {
    const typed = await suggesting.named(content);
    if (form || text.value.trim() !== content) return;
    if (!typed) return post(content);
    enter(typed.entry, typed.values).submit();
  }

  /** @param {string} written */
  function post(written) {
    const content = withTags(written, [...picked.values(), ...mentionables(store, guild, channel.id)]);
    if (content.length > LONGEST) return complain(`A message has at most ${LONGEST} characters.`);
    const { message: replyTo, ping } = reply.state;
    const files = tray.files;
    hint.replaceChildren();
    text.value = '';
    picked.clear();
    drafts.set(channel.id, '');
    lastTyping = 0;
    list.hide();
    tray.clear();
    reply.set(null);
    fit();
    void say(session, channel.id, content, { replyTo, ping, files });
    onSend();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the list has taken it */
  function keyInList(event) {
    if (!list.open) return false;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      list.move(event.key === 'ArrowDown' ? 1 : -1);
      return true;
    }
    if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) return list.choose();
    if (event.key !== 'Escape') return false;
    list.hide();
    event.stopPropagation();
    return true;
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.isComposing) return false;
    if (keyInList(event)) return true;
    if (event.key === 'Enter' && !event.shiftKey) {
      submit();
      return true;
    }
    if (event.key === 'Escape' && reply.state.message) {
      reply.set(null);
      return true;
    }
    if (event.key === 'ArrowUp' && !text.value) {
      onEditLast();
      return true;
    }
    return false;
  }

  function tellTyping() {
    const now = performance.now();
    const soon = lastTyping && now - lastTyping < TYPING_EVERY_MS;
    if (!text.value.trim() || text.value.startsWith('/') || soon) return;
    lastTyping = now;
    api.typing(channel.id).catch(() => {
      lastTyping = 0; // nobody was told; the next letter tries again
    });
  }

  /** Say why nothing can be written here, where that is so. */
  function drawClosed() {
    const open = mayWrite(store, channel.id);
    const { archived, locked } = store.channels.get(channel.id)?.thread_metadata ?? {};
    box.hidden = !open;
    const why = locked ? 'This thread is locked.' : 'You do not have permission to write here.';
    const words = open ? (archived ? 'This thread is closed. Writing in it opens it again.' : '') : why;
    if (closed.textContent !== words) closed.textContent = words;
    closed.hidden = !words;
  }

  text.addEventListener('keydown', (event) => {
    if (key(event)) event.preventDefault();
  });
  text.addEventListener('input', () => {
    hint.replaceChildren();
    drafts.set(channel.id, text.value);
    fit();
    tellTyping();
    suggest();
  });
  text.addEventListener('paste', (event) => {
    const files = filesOf(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    addFiles(files);
  });
  text.addEventListener('blur', () => list.hide());
  slash.addEventListener('click', () => {
    if (form) leave('');
    text.value = '/';
    text.focus();
    fit();
    suggest();
  });
  send.addEventListener('click', submit);
  text.value = drafts.get(channel.id);
  requestAnimationFrame(fit);
  const stop = store.on('places', drawClosed);
  drawClosed();

  return {
    element,
    answer: reply.set,
    addFiles,
    /** Write a name at the caret. @param {string} name */
    mention(name) {
      if (form) leave('');
      text.setRangeText(`@${name} `, text.selectionStart, text.selectionEnd, 'end');
      fit();
      text.focus();
    },
    focus: () => (form ? form.focus() : text.focus()),
    destroy: stop,
  };
}
