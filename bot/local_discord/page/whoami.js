/** Who the person at the page is: any member of the server, for approvals and votes need several. */
/** @import {User} from './types.js' */
/** @import {Session} from './session.js' */
import { avatar } from './avatar.js';
import { freshId, h, icon } from './dom.js';
import { askForPerson } from './personform.js';

/**
 * @param {{session: Session, people: User[], guild: () => string, onSwitch: (user: User) => void}} options
 */
export function createWhoAmI({ session, people, guild, onSwitch }) {
  const { store } = session;
  const id = freshId('people');
  const button = h('button', {
    type: 'button',
    class: 'me',
    'aria-haspopup': 'menu',
    'aria-expanded': 'false',
    'aria-controls': id,
  });
  const menu = h('div', {
    id,
    class: 'people',
    role: 'menu',
    'aria-label': 'Who do you want to be?',
    hidden: true,
  });
  const element = h('div', { class: 'who' }, menu, button);

  /** @param {User} user */
  const about = (user) =>
    store
      .rolesOf(guild(), user.id)
      .map((role) => role.name)
      .join(', ') || (store.member(guild(), user.id) ? 'Member' : 'Not in this server');

  function draw() {
    const me = people.find((person) => person.id === store.me);
    if (!me) return;
    const name = store.nameOf(me, guild());
    button.replaceChildren(
      avatar(me, name),
      h(
        'span',
        { class: 'me-text' },
        h('span', { class: 'me-name' }, h('span', { class: 'visually-hidden' }, 'You are '), name),
        h('span', { class: 'me-role' }, about(me)),
      ),
      h('span', { class: 'me-switch' }, 'Switch', icon('more')),
    );
  }

  function show() {
    menu.replaceChildren(
      h('p', { class: 'people-title', 'aria-hidden': 'true' }, 'Who do you want to be?'),
      ...people.map((person) => {
        const name = store.nameOf(person, guild());
        const item = h(
          'button',
          {
            type: 'button',
            class: 'person',
            role: 'menuitemradio',
            'aria-checked': String(person.id === store.me),
            tabindex: -1,
          },
          avatar(person, name),
          h(
            'span',
            { class: 'me-text' },
            h('span', { class: 'me-name' }, name),
            h('span', { class: 'me-role' }, about(person)),
          ),
          person.id === store.me && icon('check'),
        );
        item.addEventListener('click', () => {
          hide(true);
          if (person.id !== store.me) onSwitch(person);
        });
        return item;
      }),
      newcomer(),
    );
    menu.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    const current = menu.querySelector('[aria-checked="true"]') ?? menu.querySelector('.person');
    if (current instanceof HTMLElement) current.focus();
  }

  /** The way to add somebody to the server. */
  function newcomer() {
    const add = h(
      'button',
      { type: 'button', class: 'person', role: 'menuitem', tabindex: -1 },
      h('span', { class: 'avatar new-face', 'aria-hidden': 'true' }, icon('plus')),
      'Add somebody…',
    );
    add.addEventListener('click', () => {
      hide(true);
      askForPerson(session, guild(), onSwitch);
    });
    return add;
  }

  /** @param {boolean} back whether the focus returns */
  function hide(back) {
    if (menu.hidden) return;
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (back) button.focus();
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const items = [...menu.querySelectorAll('.person')];
    const at = items.findIndex((item) => item === document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === 'Escape') hide(true);
    else if (event.key === 'Tab') hide(false);
    if (event.key === 'Escape' || to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
    }
    const next = to === undefined ? null : items[(to + items.length) % items.length];
    if (next instanceof HTMLElement) next.focus();
  }

  button.addEventListener('click', () => (menu.hidden ? show() : hide(true)));
  menu.addEventListener('keydown', walk);
  element.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !element.contains(relatedTarget)) hide(false);
  });
  /** @param {Event} event */
  const outside = ({ target }) => {
    if (target instanceof Node && !element.contains(target)) hide(false);
  };
  document.addEventListener('pointerdown', outside);
  draw();

  return { element, draw, destroy: () => document.removeEventListener('pointerdown', outside) };
}
