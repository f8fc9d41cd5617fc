/** Which message is being answered, shown above the box, and whether its author is told. */
/** @import {Message} from './types.js' */
import { h, icon } from './dom.js';

/** @param {{nameOf: (message: Message) => string, onChange: () => void}} hooks */
export function createReplyBar({ nameOf, onChange }) {
  const element = h('div', { class: 'reply-bar', hidden: true });
  /** @type {Message|null} */
  let message = null;
  let ping = true;

  /** @param {Message|null} next */
  function set(next) {
    message = next;
    ping = true;
    element.hidden = next === null;
    element.replaceChildren();
    if (!next) return;
    const cancel = h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': 'Do not reply', on: { click: () => set(null) } },
      icon('close'),
    );
    const tell = h('button', { type: 'button', class: 'reply-ping' });
    const draw = () => {
      tell.setAttribute('aria-pressed', String(ping));
      tell.textContent = ping ? '@ on' : '@ off';
      tell.setAttribute('aria-label', 'Mention the author');
    };
    tell.addEventListener('click', () => {
      ping = !ping;
      draw();
    });
    draw();
    element.append(
      h('span', { class: 'reply-to' }, 'Replying to ', h('b', null, nameOf(next))),
      tell,
      cancel,
    );
    onChange();
  }

  return {
    element,
    set,
    get state() {
      return { message, ping };
    },
  };
}
