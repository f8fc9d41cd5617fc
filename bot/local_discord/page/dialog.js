/** Windows over the page: they hold the focus until they are closed, and give it back. */
import { freshId, h, icon } from './dom.js';
import { sentence } from './request.js';

/** @param {HTMLElement} body @param {string} title the id of what names it @param {{wide?: boolean}} [options] */
export function openDialog(body, title, { wide = false } = {}) {
  const dialog = h('dialog', { class: wide ? 'dialog wide' : 'dialog', 'aria-labelledby': title }, body);
  const before = document.activeElement;
  const away = () => dialog.close();
  window.addEventListener('hashchange', away);
  dialog.addEventListener('close', () => {
    window.removeEventListener('hashchange', away);
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * A window with a title, a button that closes it, and whatever is put into `body`. A press beside it closes it too.
 *
 * @param {string} title
 * @param {HTMLElement} body
 */
export function openWindow(title, body) {
  const id = freshId('window');
  const shut = h(
    'button',
    { type: 'button', class: 'tool', 'aria-label': 'Close', on: { click: () => dialog.close() } },
    icon('close'),
  );
  const dialog = openDialog(
    h('div', { class: 'window' }, h('header', { class: 'window-head' }, h('h2', { id }, title), shut), body),
    id,
    { wide: true },
  );
  dialog.addEventListener('pointerdown', (event) => event.target === dialog && dialog.close());
  return dialog;
}

/**
 * A form in a window, with a button that sends it and one that does not. `send` gives what is wrong in a sentence, false
 * where it has said so itself, or what to do once the window has closed. What it throws is said in a sentence.
 *
 * @param {{title: string, action: string, parts: import('./dom.js').Child[], send: () => Promise<string | false | (() => void)>}} form
 * @returns {HTMLElement} where problems are said
 */
export function openForm({ title, action, parts, send }) {
  const id = freshId('form');
  const problem = h('p', { class: 'problem', role: 'alert' });
  const go = h('button', { type: 'submit', class: 'button primary' }, action);
  const no = h('button', { type: 'button', class: 'button secondary' }, 'Cancel');
  const buttons = h('div', { class: 'dialog-actions' }, no, go);
  const form = h('form', null, h('h2', { id }, title), parts, problem, buttons);
  const dialog = openDialog(form, id);
  no.addEventListener('click', () => dialog.close());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.textContent = '';
    go.disabled = true;
    try {
      const outcome = await send();
      if (typeof outcome === 'function') {
        dialog.close();
        outcome();
      }
      problem.textContent = typeof outcome === 'string' ? outcome : '';
    } catch (error) {
      problem.textContent = sentence(error);
    }
    go.disabled = false;
  });
  return problem;
}

/** Ask before doing what cannot be undone. @param {string} question @param {string} action @param {string} [about] @returns {Promise<boolean>} */
export function confirm(question, action, about = '') {
  return new Promise((resolve) => {
    const title = freshId('confirm');
    let agreed = false;
    const yes = h('button', { type: 'button', class: 'button danger' }, action);
    const no = h('button', { type: 'button', class: 'button secondary' }, 'Cancel');
    const dialog = openDialog(
      h(
        'div',
        null,
        h('h2', { id: title }, question),
        about && h('p', { class: 'confirm-about' }, about),
        h('div', { class: 'dialog-actions' }, no, yes),
      ),
      title,
    );
    yes.addEventListener('click', () => {
      agreed = true;
      dialog.close();
    });
    no.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => resolve(agreed));
    no.focus();
  });
}
