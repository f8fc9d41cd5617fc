/** Changing what one has written, in its place. */
/** @import {Message} from './types.js' */
/** @import {Session} from './session.js' */
import { h } from './dom.js';
import { mentionables, withNames, withTags } from './mentions.js';
import { sentence } from './request.js';

/**
 * @param {Session} session
 * @param {string} guild
 * @param {Message} message
 * @param {HTMLElement} article where it is shown
 * @param {{onEmptied: () => void}} hooks `onEmptied` is called where nothing is left of the text
 */
export function editMessage({ store, api }, guild, message, article, { onEmptied }) {
  const body = article.querySelector('.part-body');
  if (!body || article.querySelector('.edit-form')) return;
  const names = mentionables(store, guild);
  const text = h('textarea', {
    class: 'edit-text',
    'aria-label': 'Edit the message',
    rows: Math.min(8, message.content.split('\n').length),
  });
  text.value = withNames(message.content, names);
  const problem = h('span', { class: 'problem', role: 'alert' });
  const form = h(
    'div',
    { class: 'edit-form' },
    text,
    h(
      'p',
      { class: 'hint' },
      'Enter ',
      h('button', { type: 'button', class: 'text-button', on: { click: () => void save() } }, 'saves'),
      ', Esc ',
      h(
        'button',
        { type: 'button', class: 'text-button', on: { click: () => close() } },
        'leaves it as it was',
      ),
      '. ',
      problem,
    ),
  );

  function close() {
    form.remove();
    body?.classList.remove('hidden');
    article.focus({ preventScroll: true });
  }

  async function save() {
    const content = withTags(text.value.trim(), names);
    if (content === message.content) return close();
    if (!content && !message.attachments?.length) {
      close();
      return onEmptied();
    }
    try {
      await api.edit(message.channel_id, message.id, content);
      close();
    } catch (error) {
      problem.textContent = sentence(error);
    }
  }

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
