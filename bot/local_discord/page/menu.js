/** A menu: a list of things to do, opened from a button or at a point, walked with the arrow keys. */
/** @import {Anchor} from './popup.js' */
import { h, icon } from './dom.js';
import { openPopup } from './popup.js';

/**
 * @typedef {{label: string, act: () => void, icon?: Parameters<typeof icon>[0], detail?: string, danger?: boolean}} Action
 * @typedef {Action|{heading: string}|{note: string}|null|false|''|undefined} MenuItem `heading` begins a group, `note` cannot be chosen
 */

/**
 * @param {{label: string, anchor: Anchor, back: HTMLElement|null, items: MenuItem[]}} options
 * @returns {{add: (items: MenuItem[]) => void, close: () => void, signal: AbortSignal}} `add` puts more at the end
 */
export function openMenu({ label, anchor, back, items }) {
  const list = h('div', { class: 'menu', role: 'menu', 'aria-label': label });

  /** @param {MenuItem} item */
  function row(item) {
    if (!item) return null;
    if ('heading' in item) return h('p', { class: 'menu-heading', role: 'presentation' }, item.heading);
    if ('note' in item) return h('p', { class: 'menu-note', role: 'presentation' }, item.note);
    const entry = h(
      'button',
      {
        type: 'button',
        role: 'menuitem',
        tabindex: -1,
        class: item.danger ? 'menu-item danger' : 'menu-item',
      },
      h('span', { class: 'menu-label' }, item.label),
      item.detail && h('span', { class: 'menu-detail' }, item.detail),
      item.icon && icon(item.icon),
    );
    entry.addEventListener('click', () => {
      popup.close();
      item.act();
    });
    entry.addEventListener('pointermove', () => entry.focus({ preventScroll: true }));
    return entry;
  }

  /** @param {MenuItem[]} more */
  function add(more) {
    for (const item of more) {
      const made = row(item);
      if (made) list.append(made);
    }
  }

  const entries = () =>
    [...list.querySelectorAll('[role="menuitem"]')].filter((e) => e instanceof HTMLElement);

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const all = entries();
    const at = all.findIndex((entry) => entry === document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Tab') {
      event.preventDefault();
      return popup.close();
    }
    if (to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      all[(to + all.length) % all.length]?.focus();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== ' ') {
      const rest = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      rest.find((entry) => entry.textContent?.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  }

  add(items);
  list.addEventListener('keydown', walk);
  const popup = openPopup(list, { anchor, back });
  entries()[0]?.focus({ preventScroll: true });

  return {
    add(more) {
      if (popup.signal.aborted) return;
      for (const note of list.querySelectorAll('.menu-note')) note.remove();
      add(more);
      popup.replace();
      if (!list.contains(document.activeElement)) entries()[0]?.focus({ preventScroll: true });
    },
    close: popup.close,
    signal: popup.signal,
  };
}
