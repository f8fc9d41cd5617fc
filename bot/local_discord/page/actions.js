/** What can be done to a message: one small toolbar that moves to the message under the pointer or the focus. */
/** @import {Message} from './types.js' */
/** @import {Session} from './session.js' */
/** @import {Anchor} from './popup.js' */
import { copy } from './clipboard.js';
import { h, icon } from './dom.js';
import { editMessage } from './editing.js';
import { pickEmoji } from './emojipicker.js';
import { offered, openMessageMenu, removeMessage } from './messagemenu.js';
import { toggleReaction } from './reactions.js';
import { emojiKey, emojiPath } from './timeline.js';

/** @param {Session} session @param {string} guild @param {{onReply: (message: Message) => void}} hooks */
export function createActions(session, guild, { onReply }) {
  const { store } = session;
  const bar = h('div', { class: 'actions', role: 'toolbar', 'aria-label': 'Message actions' });
  /** @type {Element|null} */
  let host = null;
  const life = new AbortController();
  const { signal } = life;

  /** @type {(id: string) => Message|undefined} */
  let find = () => undefined;

  /** @param {Parameters<typeof icon>[0]} name @param {string} label @param {(button: HTMLElement) => void} act @param {object} [more] */
  function tool(name, label, act, more = {}) {
    const button = h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': label, title: label, ...more },
      icon(name),
    );
    button.addEventListener('click', () => act(button));
    return button;
  }

  /** @param {Message} message @param {HTMLElement} article */
  function fill(message, article) {
    const can = offered(session, message);
    const tools = [
      can.react && tool('react', 'Add a reaction', (button) => react(message, button, article, button)),
      can.reply && tool('reply', 'Reply', () => onReply(message)),
      can.edit && tool('edit', 'Edit', () => edit(message, article)),
      !can.link && message.content && tool('copy', 'Copy the text', () => void copy(message.content)),
      can.link &&
        tool('dots', 'More', (button) => menu(message, article, button, button), { 'aria-haspopup': 'menu' }),
    ];
    bar.replaceChildren(...tools.filter((each) => each instanceof HTMLElement));
  }

  /** @param {Message} message @param {Anchor} anchor @param {HTMLElement} article @param {HTMLElement} back */
  function react(message, anchor, article, back) {
    const now = () => find(message.id) ?? message;
    /** @param {string} emoji */
    const chosen = (emoji) =>
      now().reactions?.some(
        (r) => r.me && emojiKey(r.emoji) === emoji.replaceAll('\ufe0f', '').replace(/^.*:/, ''),
      ) ?? false;
    pickEmoji({
      anchor,
      back,
      own: store.guilds.get(guild)?.emojis ?? [],
      chosen,
      onPick: (emoji) => {
        article.focus({ preventScroll: true });
        hide();
        const same = now().reactions?.find(
          (r) => emojiPath(r.emoji).replaceAll('\ufe0f', '') === emoji.replaceAll('\ufe0f', ''),
        );
        void toggleReaction(session, message, same ? emojiPath(same.emoji) : emoji, !same?.me);
      },
    });
  }

  /** @param {Message} message @param {HTMLElement} article */
  function edit(message, article) {
    hide();
    editMessage(session, guild, message, article, { onEmptied: () => void removeMessage(session, message) });
  }

  /** @param {Message} message @param {HTMLElement} article @param {Anchor} anchor @param {HTMLElement} back */
  function menu(message, article, anchor, back) {
    openMessageMenu(session, find(message.id) ?? message, {
      anchor,
      back,
      onReact: () => react(message, article, article, article),
      onReply: () => onReply(message),
      onEdit: () => edit(message, article),
    });
  }

  function hide() {
    bar.remove();
    host = null;
  }

  /** Whether the bar is in use: the focus is in it or in a menu it opened. */
  const inUse = () => bar.contains(document.activeElement) || document.querySelector('.floating') !== null;

  /** @param {HTMLElement} list */
  function listen(list) {
    /** @param {Event} event */
    const follow = ({ target, type }) => {
      const item = target instanceof Element ? target.closest('li.message-item') : null;
      if (!item || item === host) return;
      if (type === 'pointerover' && inUse()) return;
      const message = find(item instanceof HTMLElement ? (item.dataset.id ?? '') : '');
      const article = item.querySelector('article');
      if (!message || !article || article.querySelector('.edit-form')) return;
      host = item;
      fill(message, article);
      article.append(bar);
    };
    list.addEventListener('pointerover', follow, { signal });
    list.addEventListener('focusin', follow, { signal });
    list.addEventListener('pointerleave', () => !inUse() && hide(), { signal });
    list.addEventListener('contextmenu', (event) => byHand(event), { signal });
  }

  /** The menu at the pointer, except where the browser's own is of more use. @param {MouseEvent} event */
  function byHand(event) {
    const { target } = event;
    if (!(target instanceof Element) || target.closest('a, img, input, textarea, select, pre, .floating'))
      return;
    if (!document.getSelection()?.isCollapsed) return;
    const item = target.closest('li.message-item');
    const message = find(item instanceof HTMLElement ? (item.dataset.id ?? '') : '');
    const article = item?.querySelector('article');
    if (!message || !article || !offered(session, message).link) return;
    event.preventDefault();
    const key = event.clientX === 0 && event.clientY === 0;
    menu(message, article, key ? article : { x: event.clientX, y: event.clientY, within: article }, article);
  }

  bar.addEventListener('keydown', (event) => {
    const tools = [...bar.querySelectorAll('button')];
    const at = tools.findIndex((each) => each === document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      tools[(at + step + tools.length) % tools.length]?.focus();
      return;
    }
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    const article = bar.closest('article');
    hide();
    article?.focus();
  });
  bar.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !host?.contains(relatedTarget) && !inUse()) hide();
  });

  return {
    edit,
    /** @param {HTMLElement} list @param {(id: string) => Message|undefined} lookUp */
    attach(list, lookUp) {
      find = lookUp;
      listen(list);
    },
    destroy: () => life.abort(),
  };
}
