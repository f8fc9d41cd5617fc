/** What can be done to a message: one small toolbar that moves to the message under the pointer or the focus. */
/** @import {Message} from './types.js' */
/** @import {Session} from './session.js' */
import { toast } from './announcer.js';
import { sentence } from './api.js';
import { h, icon } from './dom.js';
import { confirm } from './forms.js';
import { mentionables, withNames, withTags } from './mentions.js';
import { toggleReaction } from './reactions.js';
import { emojiKey } from './timeline.js';
import { Flag, MessageType, has } from './types.js';

const EMOJI = [
  '👍',
  '👎',
  '❤️',
  '🎉',
  '😄',
  '🤔',
  '👀',
  '✅',
  '❌',
  '🙏',
  '🚀',
  '🔥',
  '💡',
  '⭐',
  '📌',
  '❓',
];

/** @param {Session} session @param {string} guild @param {{onReply: (message: Message) => void}} hooks */
export function createActions(session, guild, { onReply }) {
  const { store, api } = session;
  const bar = h('div', { class: 'actions', role: 'toolbar', 'aria-label': 'Message actions' });
  /** @type {Element|null} */
  let host = null;
  const life = new AbortController();

  /** @type {(id: string) => Message|undefined} */
  let find = () => undefined;

  /** @param {Parameters<typeof icon>[0]} name @param {string} label @param {() => void} act */
  function tool(name, label, act) {
    return h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': label, title: label, on: { click: act } },
      icon(name),
    );
  }

  /** @param {Message} message @param {HTMLElement} article */
  function fill(message, article) {
    const local = has(message, Flag.ephemeral) || has(message, Flag.loading);
    const mine = message.author.id === store.me && !message.webhook_id;
    const written = [
      MessageType.default,
      MessageType.reply,
      MessageType.command,
      MessageType.contextCommand,
      MessageType.threadStarter,
    ].includes(/** @type {any} */ (message.type));
    const tools = [];
    if (!local) tools.push(tool('react', 'Add a reaction', () => chooseEmoji(message)));
    if (!local && written) tools.push(tool('reply', 'Reply', () => onReply(message)));
    if (message.content) tools.push(tool('copy', 'Copy the text', () => copy(message.content)));
    if (mine && written && !local) tools.push(tool('edit', 'Edit', () => edit(message, article)));
    if (mine && !local) tools.push(tool('trash', 'Delete', () => remove(message)));
    bar.replaceChildren(...tools);
  }

  /** @param {Message} message */
  function chooseEmoji(message) {
    const grid = EMOJI.map((emoji) => {
      const on =
        (find(message.id) ?? message).reactions?.some(
          (r) => r.me && emojiKey(r.emoji) === emoji.replaceAll('\ufe0f', ''),
        ) ?? false;
      const pick = h(
        'button',
        {
          type: 'button',
          class: 'tool emoji',
          'aria-label': `React with ${emoji}`,
          'aria-pressed': String(on),
        },
        emoji,
      );
      pick.addEventListener('click', () => {
        hide();
        toggleReaction(session, message, emoji, !on);
      });
      return pick;
    });
    const palette = h('div', { class: 'palette', role: 'group', 'aria-label': 'Choose a reaction' }, grid);
    bar.querySelector('.palette')?.remove();
    bar.append(palette);
    grid[0]?.focus();
  }

  /** @param {string} text */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      toast('Copied');
    } catch {
      toast('The browser did not allow copying.', 'error');
    }
  }

  /** @param {Message} message */
  async function remove(message) {
    if (!(await confirm('Delete this message?', 'Delete'))) return;
    try {
      await api.remove(message.channel_id, message.id);
    } catch (error) {
      toast(sentence(error), 'error');
    }
  }

  /** @param {Message} message @param {HTMLElement} article */
  function edit(message, article) {
    hide();
    const body = article.querySelector('.part-body');
    if (!body || article.querySelector('.edit-form')) return;
    const text = h('textarea', {
      class: 'edit-text',
      'aria-label': 'Edit the message',
      rows: Math.min(8, message.content.split('\n').length),
    });
    const names = mentionables(store, guild);
    text.value = withNames(message.content, names);
    const problem = h('span', { class: 'problem', role: 'alert' });
    const form = h(
      'div',
      { class: 'edit-form' },
      text,
      h('p', { class: 'hint' }, 'Enter saves, Esc leaves it as it was. ', problem),
    );
    const close = () => {
      form.remove();
      body.classList.remove('hidden');
      article.focus({ preventScroll: true });
    };
    const save = async () => {
      const content = withTags(text.value.trim(), names);
      if (content === message.content) return close();
      if (!content) {
        close();
        return remove(message);
      }
      try {
        await api.edit(message.channel_id, message.id, content);
        close();
      } catch (error) {
        problem.textContent = sentence(error);
      }
    };
    text.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Escape') close();
      else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        void save();
      }
    });
    body.classList.add('hidden');
    body.after(form);
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  }

  function hide() {
    bar.remove();
    host = null;
  }

  return {
    edit,
    /** @param {HTMLElement} list @param {(id: string) => Message|undefined} lookUp */
    attach(list, lookUp) {
      find = lookUp;
      /** @param {Event} event */
      const follow = ({ target, type }) => {
        const item = target instanceof Element ? target.closest('li.message-item') : null;
        if (!item || item === host) return;
        if (type === 'pointerover' && bar.contains(document.activeElement)) return; // it is being used
        const message = find(item instanceof HTMLElement ? (item.dataset.id ?? '') : '');
        const article = item.querySelector('article');
        if (!message || !article || article.querySelector('.edit-form')) return;
        host = item;
        fill(message, article);
        article.append(bar);
      };
      list.addEventListener('pointerover', follow, { signal: life.signal });
      list.addEventListener('focusin', follow, { signal: life.signal });
      list.addEventListener('pointerleave', () => !bar.contains(document.activeElement) && hide(), {
        signal: life.signal,
      });
      bar.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        const article = bar.closest('article');
        hide();
        article?.focus();
      });
      bar.addEventListener('focusout', ({ relatedTarget }) => {
        if (relatedTarget instanceof Node && !host?.contains(relatedTarget)) hide();
      });
    },
    destroy: () => life.abort(),
  };
}
