/** A bot's form, in a window over the page. */
/** @import {Component} from './types.js' */
/** @import {Form, Interactions} from './interactions.js' */
/** @import {Input} from './forminputs.js' */
/** @import {Highlighter} from './highlight.js' */
/** @import {Store} from './store.js' */
import { openForm } from './dialog.js';
import { freshId, h } from './dom.js';
import { formInput } from './forminputs.js';
import { richText } from './richtext.js';

const TEXT = 10;
const LABEL = 18;

/** One part of a form. @typedef {{element: HTMLElement, inputs: {input: Input, problem: HTMLElement}[], value: (files: File[]) => object}} Part */
/** @typedef {{store: Store, guild: string, channel: string, highlight: Highlighter}} Place */

/** Show a bot's form until it is sent or closed. @param {Form} form @param {Interactions} interactions @param {{store: Store, highlight: Highlighter}} session */
export function showForm(form, interactions, { store, highlight }) {
  const place = { store, guild: form.guild_id ?? '', channel: form.channel_id, highlight };
  const parts = form.components.map((component) => part(component, place));
  /** Mark what is wrong and go there. */
  function checked() {
    const wrong = parts
      .flatMap(({ inputs }) => inputs)
      .filter(({ input, problem: note }) => {
        note.textContent = input.problem?.() ?? '';
        return note.textContent !== '';
      });
    const [first] = wrong;
    const control = first?.input.control;
    (control?.querySelector('input') ?? control)?.focus();
    return wrong.length === 0;
  }

  openForm({
    title: form.title,
    action: 'Submit',
    parts: parts.map((p) => p.element),
    send: async () => {
      if (!checked()) return false;
      /** @type {File[]} */
      const files = [];
      const values = parts.map((p) => p.value(files));
      const outcome = await interactions.form(form, values, files);
      if (outcome.ok) return () => undefined;
      return `${outcome.reason}. What you wrote is still here.`.replace('..', '.');
    },
  });
}

/** @param {Component} component @param {Place} place @returns {Part} */
function part(component, place) {
  if (component.type === TEXT)
    return {
      element: h('div', { class: 'form-text' }, richText(component.content ?? '', place)),
      inputs: [],
      value: () => ({ type: TEXT, id: component.id }),
    };
  if (component.type === LABEL) {
    const input = formInput(component.component ?? { type: 4 }, place);
    const { element, problem } = labelled(component.label ?? '', component.description, input);
    return {
      element,
      inputs: [{ input, problem }],
      value: (files) => ({ type: LABEL, id: component.id, component: input.value(files) }),
    };
  }
  const inner = (component.components ?? []).map((child) => {
    const input = formInput(child, place);
    return { input, ...labelled(child.label ?? '', undefined, input) };
  });
  return {
    element: h(
      'div',
      null,
      inner.map(({ element }) => element),
    ),
    inputs: inner,
    value: (files) => ({ type: 1, components: inner.map(({ input }) => input.value(files)) }),
  };
}

/** A field with its name, what is said about it and what is wrong with it, each told apart to a screen reader. @param {string} label @param {string|undefined} description @param {Input} input */
function labelled(label, description, { control, group }) {
  const problem = h('span', { class: 'problem', role: 'alert', id: freshId('problem') });
  const hint = description ? h('span', { class: 'hint', id: freshId('hint') }, description) : null;
  const described = [hint?.id, problem.id].filter(Boolean).join(' ');
  if (group) {
    const legend = h('legend', { class: 'form-label' }, label);
    return {
      element: h(
        'fieldset',
        { class: 'form-field', 'aria-describedby': described },
        legend,
        hint,
        control,
        problem,
      ),
      problem,
    };
  }
  control.id = freshId('input');
  control.setAttribute('aria-describedby', described);
  const name = h('label', { class: 'form-label', for: control.id }, label);
  return { element: h('div', { class: 'form-field' }, name, hint, control, problem), problem };
}
