/** A list that is read page by page, with what it says while it is empty, loading or refused. */
import { h } from './dom.js';
import { sentence } from './request.js';

/**
 * @template T
 * @param {{read: (last: T|undefined) => Promise<{items: T[], more: boolean}>, draw: (item: T) => HTMLElement, label: string, empty: string}} options
 *   `read` gets the last item of the page before
 */
export function pagedList({ read, draw, label, empty }) {
  const list = h('ul', { class: 'paged', role: 'list', 'aria-label': label, hidden: true });
  const status = h('div', { class: 'paged-status', role: 'status' });
  const element = h('div', null, list, status);
  /** @type {T|undefined} */
  let last;
  let turn = 0;

  /** @param {string} text @param {() => void} act */
  const button = (text, act) =>
    h('button', { type: 'button', class: 'text-button', on: { click: act } }, text);

  async function next() {
    const mine = turn;
    status.replaceChildren(h('p', { class: 'loading' }, 'Loading…'));
    try {
      const { items, more } = await read(last);
      if (mine !== turn) return;
      last = items[items.length - 1] ?? last;
      list.append(...items.map((item) => h('li', null, draw(item))));
      list.hidden = !list.childElementCount;
      const nothing = !list.childElementCount && h('p', { class: 'hint' }, empty);
      status.replaceChildren(
        ...[nothing, more && button('Show more', next)].filter((part) => part !== false),
      );
    } catch (error) {
      if (mine !== turn) return;
      status.replaceChildren(h('p', { class: 'problem' }, `${sentence(error)} `, button('Try again', next)));
    }
  }

  return {
    element,
    next,
    /** Begin again, for what was read has changed. */
    again() {
      turn += 1;
      last = undefined;
      list.replaceChildren();
      return next();
    },
  };
}
