/** An option of a command that takes a file: a button that chooses it, and its name. */
/** @import {CommandOption} from './types.js' */
/** @import {Typed} from './commands.js' */
import { problemWith } from './commands.js';
import { freshId, h } from './dom.js';

/**
 * @param {CommandOption} option
 * @param {Typed|undefined} typed
 * @param {{onChange: (typed: Typed) => void, onDone: () => void, onSubmit: () => void, onLeave: () => void, onFocus: () => void}} hooks
 */
export function createFileField(option, typed, { onChange, onDone, onSubmit, onLeave, onFocus }) {
  const problemId = freshId('problem');
  const input = h('input', { type: 'file', hidden: true, tabindex: -1, 'aria-label': option.name });
  const button = h('button', { type: 'button', class: 'field-file', 'aria-describedby': problemId });
  const problem = h('span', { id: problemId, class: 'field-problem' });
  const element = h(
    'div',
    { class: 'field', data: { option: option.name } },
    h(
      'div',
      { class: 'field-box' },
      h('span', { class: 'field-name', 'aria-hidden': 'true' }, option.name),
      button,
      input,
    ),
    problem,
  );
  let value = typed?.file ? typed : { text: '' };

  function draw() {
    button.textContent = value.text || 'Choose a file…';
    button.setAttribute(
      'aria-label',
      `${option.name}${option.required ? ', required' : ''}: ${option.description}. ${value.text || 'No file is chosen.'}`,
    );
  }

  function check() {
    const found = problemWith(option, value);
    problem.textContent = found ?? '';
    element.classList.toggle('wrong', found !== null);
    return found;
  }

  /** @param {File|undefined} file */
  function take(file) {
    if (!file) return;
    value = { text: file.name, file };
    onChange(value);
    draw();
    if (check() === null) onDone();
  }

  button.addEventListener('click', () => input.click());
  button.addEventListener('focus', onFocus);
  button.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && value.text) onSubmit();
    else if (event.key === 'Escape' || event.key === 'Backspace') onLeave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener('change', () => take(input.files?.[0]));
  element.addEventListener('dragover', (event) => event.preventDefault());
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    event.stopPropagation();
    take(event.dataTransfer?.files[0]);
  });
  draw();

  return {
    element,
    option,
    check,
    focus: () => button.focus(),
    get value() {
      return value;
    },
  };
}
