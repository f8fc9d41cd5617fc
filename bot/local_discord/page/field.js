/** One option of a command: a chip with a text field, its list of values, and what is wrong with it. */
/** @import {Choice, CommandOption} from './types.js' */
/** @import {Typed} from './commands.js' */
import { fixedChoices, problemWith } from './commands.js';
import { freshId, h } from './dom.js';
import { createListbox } from './listbox.js';
import { OptionType } from './types.js';

const DEBOUNCE_MS = 160;
const LISTED = 25;
/** How many characters a field has room for: at least, for free text and for others, and at most. */
const ROOMY = 26;
const TIGHT = 8;
const WIDEST = 60;

/**
 * @param {CommandOption} option
 * @param {Typed|undefined} typed
 * @param {{popups: HTMLElement, ask: () => Promise<Choice[]|null>, known: (option: CommandOption) => Choice[]|null,
 *   onChange: (typed: Typed) => void, onDone: () => void, onSubmit: () => void, onLeave: () => void,
 *   onFocus: () => void}} hooks `known` gives people, roles or channels
 */
export function createField(
  option,
  typed,
  { popups, ask, known, onChange, onDone, onSubmit, onLeave, onFocus },
) {
  const problemId = freshId('problem');
  const list = createListbox({ label: `Values for ${option.name}`, onChoose: choose, field: () => input });
  const own = fixedChoices(option) ?? known(option);
  const lists = own !== null || option.autocomplete === true;
  const input = h('input', {
    class: 'field-input',
    type: 'text',
    size: 1,
    autocomplete: 'off',
    spellcheck: option.type === OptionType.string ? 'true' : 'false',
    inputmode:
      option.type === OptionType.integer ? 'numeric' : option.type === OptionType.number ? 'decimal' : null,
    'aria-label': `${option.name}${option.required ? ', required' : ''}: ${option.description}`,
    'aria-describedby': problemId,
    'aria-required': option.required ? 'true' : null,
    ...(lists
      ? { role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list' }
      : {}),
  });
  const problem = h('span', { id: problemId, class: 'field-problem' });
  const element = h(
    'div',
    { class: 'field', data: { option: option.name } },
    h(
      'label',
      { class: 'field-box' },
      h('span', { class: 'field-name', 'aria-hidden': 'true' }, option.name),
      h('span', { class: 'field-size' }, input),
    ),
    problem,
  );
  let value = typed ?? { text: '' };
  let asked = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let wait;

  /** @param {Typed} next */
  function set(next) {
    value = next;
    if (input.value !== next.text) input.value = next.text;
    const least = option.type === OptionType.string && !option.choices?.length ? ROOMY : TIGHT;
    const chars = Math.min(Math.max(next.text.length, least), WIDEST);
    input.parentElement?.style.setProperty('--chars', String(chars));
    onChange(next);
  }

  /** @param {import('./listbox.js').Item} item */
  function choose(item) {
    const choice = /** @type {Choice} */ (item.value);
    asked += 1; // what is still on its way is no longer wanted
    set({ text: choice.name, choice });
    check();
    list.hide();
    onDone();
  }

  /** @param {Choice[]} choices @param {boolean} select */
  function offer(choices, select) {
    const items = choices.slice(0, LISTED).map((choice) => ({ label: choice.name, value: choice }));
    list.show(items, { note: items.length ? '' : 'Nothing fits what you typed.', select });
  }

  function suggest() {
    if (document.activeElement !== input) return;
    clearTimeout(wait);
    if (own) {
      const wanted = value.choice ? '' : value.text.trim().toLowerCase().replace(/^[@#]/, '');
      offer(
        own.filter((choice) => choice.name.toLowerCase().includes(wanted)),
        true,
      );
      return;
    }
    if (!option.autocomplete) return;
    const mine = ++asked;
    wait = setTimeout(async () => {
      const choices = await ask();
      // a later question, a choice or leaving the field makes this answer stale
      if (mine !== asked || document.activeElement !== input) return;
      if (choices) offer(choices, false);
      else list.show([], { note: 'Loading the choices failed. You can type on.' });
    }, DEBOUNCE_MS);
  }

  function check() {
    const found = problemWith(option, value);
    problem.textContent = found ?? '';
    element.classList.toggle('wrong', found !== null);
    if (found) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
    return found;
  }

  input.addEventListener('input', () => {
    set({ text: input.value });
    if (element.classList.contains('wrong')) check();
    suggest();
  });
  input.addEventListener('focus', () => {
    popups.replaceChildren(list.element);
    onFocus();
    suggest();
  });
  input.addEventListener('blur', () => {
    asked += 1;
    clearTimeout(wait);
    list.hide();
    if (value.text) check();
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    const taken = key(event);
    if (taken) event.preventDefault();
  });

  /** @param {KeyboardEvent} event */
  function key(event) {
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        if (!list.open) {
          suggest();
          return lists;
        }
        list.move(event.key === 'ArrowDown' ? 1 : -1);
        return true;
      case 'Enter':
        if (!list.open || !list.choose()) onSubmit();
        return true;
      case 'Tab':
        return !event.shiftKey &&
          list.open &&
          list.active !== undefined &&
          (own === null || value.text !== '' || Boolean(option.required))
          ? list.choose()
          : false;
      case 'Escape':
        if (list.open) list.hide();
        else onLeave();
        event.stopPropagation();
        return true;
      case 'Backspace':
        if (input.value) return false;
        onLeave();
        return true;
      default:
        return false;
    }
  }

  set(value);
  return {
    element,
    option,
    check,
    focus: () => input.focus(),
    get value() {
      return value;
    },
  };
}

/** @typedef {ReturnType<typeof createField>} Field */
