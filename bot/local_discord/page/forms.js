/** Dialogs: a bot's modal form, and a question before something is deleted. */
/** @import {Component} from './types.js' */
/** @import {Form, Interactions} from './interactions.js' */
import { freshId, h } from './dom.js';

/** Show a bot's form until it is sent or closed. @param {Form} form @param {Interactions} interactions */
export function showForm(form, interactions) {
  const fields = form.components.map(field);
  const problem = h('p', { class: 'problem', role: 'alert' });
  const send = h('button', { type: 'submit', class: 'button primary' }, 'Submit');
  const title = freshId('form');
  const body = h(
    'form',
    null,
    h('h2', { id: title }, form.title),
    fields.map((f) => f.element),
    problem,
    h(
      'div',
      { class: 'dialog-actions' },
      h(
        'button',
        { type: 'button', class: 'button secondary', on: { click: () => dialog.close() } },
        'Cancel',
      ),
      send,
    ),
  );
  const dialog = open(body, title);
  body.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.textContent = '';
    send.disabled = true;
    const outcome = await interactions.form(
      form,
      fields.map((f) => f.value()),
    );
    send.disabled = false;
    if (outcome.ok) dialog.close();
    else problem.textContent = `${outcome.reason}. What you wrote is still here.`.replace('..', '.');
  });
}

/** @param {Component} component @returns {{element: HTMLElement, value: () => object}} */
function field(component) {
  if (component.type === 18) {
    const inner = input(component.component ?? { type: 4 });
    return {
      element: labelled(component.label ?? '', component.description, inner),
      value: () => ({ type: 18, id: component.id, component: inner.value() }),
    };
  }
  if (component.type === 10)
    return { element: h('p', null, component.content), value: () => ({ type: 10, id: component.id }) };
  const inners = (component.components ?? []).map((child) => ({ child, made: input(child) }));
  return {
    element: h(
      'div',
      null,
      inners.map(({ child, made }) => labelled(child.label ?? '', undefined, made)),
    ),
    value: () => ({ type: 1, components: inners.map(({ made }) => made.value()) }),
  };
}

/** @param {string} label @param {string|undefined} description @param {{control: HTMLElement}} made */
function labelled(label, description, { control }) {
  return h(
    'label',
    { class: 'form-field' },
    h('span', { class: 'form-label' }, label),
    description && h('span', { class: 'hint' }, description),
    control,
  );
}

/** @param {Component} component */
function input(component) {
  if (component.type === 3) {
    const control = h(
      'select',
      { class: 'select', required: component.required !== false, multiple: (component.max_values ?? 1) > 1 },
      (component.options ?? []).map((option) =>
        h('option', { value: option.value, selected: option.default }, option.label),
      ),
    );
    return {
      control,
      value: () => ({
        type: 3,
        custom_id: component.custom_id,
        values: [...control.selectedOptions].map((o) => o.value),
      }),
    };
  }
  const shared = {
    required: component.required !== false,
    minlength: component.min_length,
    maxlength: component.max_length ?? 4000,
    placeholder: component.placeholder,
  };
  const control =
    component.style === 2 ? h('textarea', { ...shared, rows: 5 }) : h('input', { ...shared, type: 'text' });
  control.value = component.value ?? '';
  return { control, value: () => ({ type: 4, custom_id: component.custom_id, value: control.value }) };
}

/** Ask before doing what cannot be undone. @param {string} question @param {string} action @returns {Promise<boolean>} */
export function confirm(question, action) {
  return new Promise((resolve) => {
    const title = freshId('confirm');
    let agreed = false;
    const yes = h('button', { type: 'button', class: 'button danger' }, action);
    const no = h('button', { type: 'button', class: 'button secondary' }, 'Cancel');
    const dialog = open(
      h('div', null, h('h2', { id: title }, question), h('div', { class: 'dialog-actions' }, no, yes)),
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

/** @param {HTMLElement} body @param {string} title */
function open(body, title) {
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': title }, body);
  const before = document.activeElement;
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
