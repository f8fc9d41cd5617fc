/** Choosing an emoji: type to search, arrows to move, Enter to take it. */
/** @import {Anchor} from './popup.js' */
/** @import {Emoji} from './types.js' */
import { h } from './dom.js';
import { emojiFor } from './emoji.js';
import { openPopup } from './popup.js';

/**
 * @param {{anchor: Anchor, back: HTMLElement|null, own: Emoji[], chosen: (emoji: string) => boolean, onPick: (emoji: string) => void}} options
 *   `own` are the server's, `chosen` says which are on already, `onPick` gets what a reaction route takes
 */
export function pickEmoji({ anchor, back, own, chosen, onPick }) {
  const grid = h('div', { class: 'emoji-grid', role: 'group', 'aria-label': 'Emoji' });
  const note = h('p', { class: 'hint', role: 'status' });
  const search = h('input', {
    class: 'emoji-search',
    type: 'text',
    placeholder: 'Search emoji',
    'aria-label': 'Search emoji',
    autocomplete: 'off',
  });
  const element = h(
    'div',
    { class: 'emoji-picker', role: 'dialog', 'aria-label': 'Choose a reaction' },
    search,
    grid,
    note,
  );

  /** @param {string} emoji what the route takes @param {string} shown @param {string} label @param {string} [looks] */
  function choice(emoji, shown, label, looks = 'tool emoji') {
    const pick = h(
      'button',
      {
        type: 'button',
        class: looks,
        tabindex: -1,
        'aria-label': `React with ${label}`,
        'aria-pressed': String(chosen(emoji)),
        title: label,
      },
      shown,
    );
    pick.addEventListener('click', () => {
      popup.close();
      onPick(emoji);
    });
    return pick;
  }

  function draw() {
    const wanted = search.value.trim().toLowerCase().replaceAll(':', '');
    const mine = own.filter(({ id, name }) => id && name.toLowerCase().includes(wanted));
    const found = emojiFor(search.value);
    grid.replaceChildren(
      ...found.map(({ char, words }) => choice(char, char, `${char} ${words.split(' ')[0]}`)),
      ...mine.map(({ id, name }) => choice(`${name}:${id}`, `:${name}:`, `:${name}:`, 'tool emoji own')),
    );
    grid.querySelector('button')?.setAttribute('tabindex', '0'); // Tab leads into the grid, the arrows through it
    note.textContent = grid.childElementCount ? '' : 'No emoji is called that.';
  }

  const all = () => [...grid.querySelectorAll('button')];
  /** How many stand in the first row. */
  const columns = () => {
    const top = all()[0]?.offsetTop;
    return Math.max(1, all().filter((pick) => pick.offsetTop === top).length);
  };

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const picks = all();
    const at = picks.findIndex((pick) => pick === document.activeElement);
    if (event.key === 'Enter' && at < 0) {
      event.preventDefault();
      picks[0]?.click();
      return;
    }
    if (at < 0 && event.key !== 'ArrowDown') return;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: at < 0 ? 1 : columns(), ArrowUp: -columns() }[
      event.key
    ];
    if (!step) return;
    event.preventDefault();
    if (at + step < 0) search.focus();
    else picks[Math.min(at + step, picks.length - 1)]?.focus();
  }

  element.addEventListener('keydown', walk);
  search.addEventListener('input', draw);
  draw();
  const popup = openPopup(element, { anchor, back });
  search.focus({ preventScroll: true });
}
