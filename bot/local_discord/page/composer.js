/** Where a person writes: plain messages, `/` for commands, `@` for people. */
/** @import {Channel, Message} from './types.js' */
/** @import {Entry, Typed} from './commands.js' */
/** @import {Session} from './session.js' */
import { sentence } from './api.js';
import { createCommandForm } from './commandform.js';
import { entries, matching, typedOut } from './commands.js';
import { h, icon } from './dom.js';
import { createListbox } from './listbox.js';
import { begun, mentionables, withTags } from './mentions.js';
import { say } from './session.js';
import { isThread } from './types.js';

const TYPING_EVERY_MS = 8000;
const LONGEST = 2000;

/**
 * @param {Session} session
 * @param {Channel} channel
 * @param {{onSend: () => void, onEditLast: () => void, nameOf: (message: Message) => string}} hooks
 */
export function createComposer(session, channel, { onSend, onEditLast, nameOf }) {
  const { store, api } = session;
  const guild = channel.guild_id ?? '';
  const place = `Message ${isThread(channel) ? 'this thread' : `#${channel.name}`}`;
  const popups = h('div', { class: 'popups' });
  const hint = h('div', { class: 'composer-hint', role: 'status' });
  const reply = h('div', { class: 'reply-bar', hidden: true });
  const count = h('span', { class: 'char-count', role: 'status' });
  const list = createListbox({ label: 'Commands', onChoose: ({ value }) => value(), field: () => text });
  const text = h('textarea', {
    class: 'composer-text',
    rows: 1,
    placeholder: window.matchMedia('(max-width: 759px)').matches ? place : `${place}, or type / for commands`,
    'aria-label': `Message ${channel.name}. Type slash for commands.`,
    'aria-autocomplete': 'list',
    'aria-controls': list.id,
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
  const element = h(
    'div',
    { class: 'composer' },
    popups,
    reply,
    h('div', { class: 'composer-box' }, slash, slot, count, send),
    hint,
  );

  /** @type {Entry[]} */
  let commands = [];
  let commandsProblem = '';
  /** @type {Promise<void>|null} */
  let loading = null;
  /** @type {ReturnType<typeof createCommandForm>|null} */
  let form = null;
  /** @type {Message|null} */
  let replyTo = null;
  let lastTyping = 0;

  /** The commands may change while the page is open, so they are asked for at each use. */
  function loadCommands() {
    loading ??= api
      .commands(channel.id)
      .then((index) => {
        commands = entries(index);
        commandsProblem = '';
      })
      .catch((error) => {
        commandsProblem = sentence(error);
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  }

  function fit() {
    text.style.height = 'auto';
    text.style.height = `${Math.min(text.scrollHeight, Math.round(window.innerHeight * 0.4))}px`;
    const left = LONGEST - text.value.length;
    count.textContent = left < 200 ? String(left) : '';
    count.classList.toggle('over', left < 0);
    send.disabled = !form && !text.value.trim();
  }

  async function suggest() {
    const value = text.value;
    if (/^\/[^\n]*$/.test(value)) {
      if (!list.open || value === '/') await loadCommands();
      if (text.value !== value || form) return;
      offerCommands(value);
      return;
    }
    const name = begun(value, text.selectionStart);
    if (!name) return list.hide();
    const found = mentionables(store, guild)
      .filter((m) => m.name.toLowerCase().includes(name.query))
      .slice(0, 12);
    if (!found.length) return list.hide();
    popups.replaceChildren(list.element);
    list.show(
      found.map((m) => ({
        label: `@${m.name}`,
        detail: m.detail,
        value: () => insertName(name.start, m.name),
      })),
    );
  }

  /** @param {string} value */
  function offerCommands(value) {
    const typed = typedOut(value, commands);
    if (typed) {
      enter(typed.entry, typed.values);
      return;
    }
    popups.replaceChildren(list.element);
    const found = matching(commands, value.slice(1));
    list.show(
      found.map((entry) => ({
        label: `/${entry.name}`,
        detail: entry.description,
        hint: entry.application.name,
        value: () => enter(entry, new Map()),
      })),
      {
        note: found.length
          ? ''
          : commandsProblem ||
            (commands.length ? 'No command here begins like that.' : 'There are no commands here yet.'),
      },
    );
  }

  /** @param {number} start @param {string} name */
  function insertName(start, name) {
    text.setRangeText(`@${name} `, start, text.selectionStart, 'end');
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
    if (left) void suggest();
    else onSend();
  }

  /** @param {Message|null} message */
  function answer(message) {
    replyTo = message;
    reply.hidden = message === null;
    reply.replaceChildren();
    if (!message) return;
    const cancel = h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': 'Do not reply', on: { click: () => answer(null) } },
      icon('close'),
    );
    reply.append(h('span', null, 'Replying to ', h('b', null, nameOf(message))), cancel);
    text.focus();
  }

  function submit() {
    if (form) return form.submit();
    const content = text.value.trim();
    if (!content) return;
    if (/^\/[\p{L}\p{N}_-]/u.test(content)) void useTyped(content);
    else post(content);
  }

  /** A line that was sent before the picker came up is a command all the same, if it names one. @param {string} content */
  async function useTyped(content) {
    await loadCommands();
    if (form || text.value.trim() !== content) return;
    const typed = typedOut(`${content} `, commands);
    if (!typed) return post(content);
    enter(typed.entry, typed.values).submit();
  }

  /** @param {string} content */
  function post(content) {
    if (content.length > LONGEST) {
      hint.replaceChildren(
        h('span', { class: 'problem', role: 'alert' }, `A message has at most ${LONGEST} characters.`),
      );
      return;
    }
    hint.replaceChildren();
    text.value = '';
    lastTyping = 0;
    list.hide();
    fit();
    void say(session, channel.id, withTags(content, mentionables(store, guild)), replyTo);
    answer(null);
    onSend();
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.isComposing) return false;
    if (list.open) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        list.move(event.key === 'ArrowDown' ? 1 : -1);
        return true;
      }
      if ((event.key === 'Enter' && !event.shiftKey) || (event.key === 'Tab' && !event.shiftKey)) {
        if (list.choose()) return true;
      }
      if (event.key === 'Escape') {
        list.hide();
        event.stopPropagation();
        return true;
      }
    }
    if (event.key === 'Enter' && !event.shiftKey) {
      submit();
      return true;
    }
    if (event.key === 'Escape' && replyTo) {
      answer(null);
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
    if (
      !text.value.trim() ||
      text.value.startsWith('/') ||
      (lastTyping && now - lastTyping < TYPING_EVERY_MS)
    )
      return;
    lastTyping = now;
    api.typing(channel.id).catch(() => {
      lastTyping = 0; // nobody was told; the next letter tries again
    });
  }

  text.addEventListener('keydown', (event) => {
    if (key(event)) event.preventDefault();
  });
  text.addEventListener('input', () => {
    hint.replaceChildren();
    fit();
    tellTyping();
    void suggest();
  });
  text.addEventListener('blur', () => list.hide());
  slash.addEventListener('click', () => {
    if (form) leave('');
    text.value = '/';
    text.focus();
    fit();
    void suggest();
  });
  send.addEventListener('click', submit);
  text.value = session.drafts.get(channel.id) ?? '';
  requestAnimationFrame(fit);

  return {
    element,
    answer,
    focus: () => (form ? form.focus() : text.focus()),
    destroy() {
      if (text.value) session.drafts.set(channel.id, text.value);
      else session.drafts.delete(channel.id);
    },
  };
}
