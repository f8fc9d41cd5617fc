/** A list that opens over a text field; the focus stays in the field and the arrows move a mark through the list. */
import { freshId, h } from './dom.js';

/** @typedef {{label: string, detail?: string, hint?: string, value: any}} Item */

/**
 * @param {{label: string, onChoose: (item: Item) => void, field: () => HTMLElement|null}} options `field` is what has the focus
 */
export function createListbox({ label, onChoose, field }) {
  const id = freshId('list');
  const list = h('ul', { id, class: 'listbox', role: 'listbox', 'aria-label': label });
  const note = h('p', { class: 'listbox-note', role: 'status' });
  const element = h('div', { class: 'popup', hidden: true }, list, note);
  /** @type {Item[]} */
  let items = [];
  let active = -1;

  /** @param {number} index */
  function mark(index) {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = index;
    const option = list.children[active];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) field()?.setAttribute('aria-activedescendant', option.id);
    else field()?.removeAttribute('aria-activedescendant');
  }

  function hide() {
    if (element.hidden) return;
    element.hidden = true;
    items = [];
    active = -1;
    list.replaceChildren();
    const owner = field();
    owner?.removeAttribute('aria-activedescendant');
    owner?.removeAttribute('aria-controls');
    if (owner?.getAttribute('role') === 'combobox') owner.setAttribute('aria-expanded', 'false');
  }

  return {
    element,
    id,
    get open() {
      return !element.hidden;
    },
    get active() {
      return items[active];
    },
    /** @param {Item[]} next @param {{note?: string, select?: boolean}} [options] `select` marks the first */
    show(next, { note: text = '', select = true } = {}) {
      items = next;
      active = -1;
      list.replaceChildren(
        ...items.map((item, index) => {
          const option = h(
            'li',
            { id: `${id}-${index}`, role: 'option', class: 'option', 'aria-selected': 'false' },
            h('span', { class: 'option-label' }, item.label),
            item.detail && h('span', { class: 'option-detail' }, item.detail),
            item.hint && h('span', { class: 'option-hint' }, item.hint),
          );
          option.addEventListener('pointerdown', (event) => event.preventDefault()); // the field keeps the focus
          option.addEventListener('click', () => onChoose(item));
          option.addEventListener('pointermove', () => active !== index && mark(index));
          return option;
        }),
      );
      list.hidden = items.length === 0;
      note.textContent = text;
      note.hidden = !text;
      element.hidden = items.length === 0 && !text;
      const owner = field();
      // names the list only while it is there
      owner?.setAttribute('aria-controls', id);
      if (owner?.getAttribute('role') === 'combobox')
        owner.setAttribute('aria-expanded', String(items.length > 0));
      mark(select && items.length ? 0 : -1);
    },
    hide,
    /** @param {1|-1} by */
    move(by) {
      if (!items.length) return;
      mark((active + by + items.length) % items.length);
    },
    choose() {
      const item = items[active];
      if (item) onChoose(item);
      return item !== undefined;
    },
  };
}

/** @typedef {ReturnType<typeof createListbox>} Listbox */
