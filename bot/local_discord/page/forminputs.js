/** The inputs of a bot's form: how each is shown, and what it sends. */
/** @import {Component} from './types.js' */
/** @import {Store} from './store.js' */
import { choices, howMany, isSelect } from './choices.js';
import { h } from './dom.js';
import { LARGEST_FILE } from './files.js';
import { bytes } from './media.js';

const TEXT_INPUT = 4;
const FILE_UPLOAD = 19;
const RADIO_GROUP = 21;
const CHECKBOX_GROUP = 22;
const CHECKBOX = 23;

/**
 * `control` stands in the form; `group` says that it is several controls under one name. `value` gets where the form's
 * files are gathered; `problem` says what is wrong before it is sent.
 *
 * @typedef {{control: HTMLElement, group?: boolean, value: (files: File[]) => object, problem?: () => string}} Input
 * @typedef {{store: Store, guild: string, channel: string}} FormPlace
 * @typedef {{label: string, value: string, default?: boolean|undefined, description?: string|undefined}} Listed
 */

/** @param {Component} component @param {FormPlace} place @returns {Input} */
export function formInput(component, place) {
  if (isSelect(component.type)) return select(component, place);
  if (component.type === FILE_UPLOAD) return upload(component);
  if (component.type === RADIO_GROUP) return group(component, 'radio');
  if (component.type === CHECKBOX_GROUP) return group(component, 'checkbox');
  if (component.type === CHECKBOX) return checkbox(component);
  if (component.type === TEXT_INPUT) return text(component);
  return {
    control: h('p', { class: 'unknown' }, 'This field cannot be shown here.'),
    value: () => ({ type: component.type, id: component.id, custom_id: component.custom_id }),
  };
}

/** What every answer begins with. @param {Component} component */
const answer = ({ type, id, custom_id }) => ({ type, ...(id === undefined ? {} : { id }), custom_id });

/** @param {Component} component */
const required = (component) => component.required !== false;

/** @param {Component} component @returns {Input} */
function text(component) {
  const shared = {
    required: required(component),
    minlength: component.min_length,
    maxlength: component.max_length ?? 4000,
    placeholder: component.placeholder,
  };
  const control =
    component.style === 2 ? h('textarea', { ...shared, rows: 5 }) : h('input', { ...shared, type: 'text' });
  control.value = component.value ?? '';
  return { control, value: () => ({ ...answer(component), value: control.value }) };
}

/** @param {Component} component */
function bounds(component) {
  const least = component.min_values ?? (required(component) ? 1 : 0);
  return { least, most: component.max_values ?? 1 };
}

/** @param {Component} component @param {FormPlace} place @returns {Input} */
function select(component, { store, guild, channel }) {
  const options = choices(component, store, guild, channel);
  const { least, most } = bounds(component);
  if (most > 1) return group({ ...component, max_values: most, min_values: least }, 'checkbox', options);
  const control = h(
    'select',
    { class: 'select', required: required(component) },
    h('option', { value: '' }, component.placeholder ?? 'Choose'),
    options.map((option) => h('option', { value: option.value, selected: option.default }, option.label)),
  );
  return { control, value: () => ({ ...answer(component), values: control.value ? [control.value] : [] }) };
}

/** @param {Component} component @param {'radio'|'checkbox'} type @param {Listed[]} [options] @returns {Input} */
function group(component, type, options) {
  /** @type {Listed[]} */
  const listed = options ?? component.options ?? [];
  const boxes = listed.map((option) =>
    h('input', { type, name: component.custom_id, value: option.value, checked: option.default }),
  );
  const { least, most } =
    type === 'radio'
      ? { least: required(component) ? 1 : 0, most: 1 }
      : { ...bounds(component), ...(component.max_values ? {} : { most: listed.length }) };
  const picked = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const control = h(
    'div',
    { class: 'choices' },
    listed.map((option, index) =>
      h(
        'label',
        { class: 'choice' },
        boxes[index],
        h(
          'span',
          null,
          option.label,
          option.description ? h('span', { class: 'hint' }, option.description) : null,
        ),
      ),
    ),
    type === 'checkbox' && h('p', { class: 'hint' }, howMany(least, most)),
  );
  return {
    control,
    group: true,
    value: () =>
      type === 'radio'
        ? { ...answer(component), value: picked()[0] ?? null }
        : { ...answer(component), values: picked() },
    problem() {
      const count = picked().length;
      if (!count && !required(component)) return '';
      if (count < least) return type === 'radio' ? 'Choose one.' : `Choose at least ${least}.`;
      return count > most ? `Choose at most ${most}.` : '';
    },
  };
}

/** @param {Component} component @returns {Input} */
function checkbox(component) {
  const box = h('input', { type: 'checkbox', checked: component.default });
  return { control: box, value: () => ({ ...answer(component), value: box.checked }) };
}

/** @param {Component} component @returns {Input} */
function upload(component) {
  const { least, most } = bounds(component);
  const control = h('input', {
    type: 'file',
    multiple: most > 1,
    required: required(component) && least > 0,
  });
  return {
    control,
    value(files) {
      const values = [...(control.files ?? [])].map((file) => String(files.push(file) - 1));
      return { ...answer(component), values };
    },
    problem() {
      const chosen = [...(control.files ?? [])];
      const big = chosen.find((file) => file.size > LARGEST_FILE);
      if (big) return `${big.name} is larger than ${bytes(LARGEST_FILE)}.`;
      if (chosen.length < least && required(component)) return `Choose at least ${least}.`;
      return chosen.length > most ? `Choose at most ${most} files.` : '';
    },
  };
}
