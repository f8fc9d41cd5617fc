/** Files chosen to be sent: checked, shown before, and taken out again. */
/** @import {Chosen} from './session.js' */
import { h, icon } from './dom.js';
import { bytes, isPicture } from './media.js';

export const LARGEST_FILE = 10 * 1024 * 1024;
export const MOST_FILES = 10;
const PREVIEWED = 4 * 1024 * 1024;
const LONGEST_DESCRIPTION = 1024;

/** What is wrong with adding these files to those there are; empty for nothing. @param {File[]} there @param {File[]} added */
export function refusal(there, added) {
  const big = added.find((file) => file.size > LARGEST_FILE);
  if (big) return `${big.name} is too large: a file may have at most ${bytes(LARGEST_FILE)}.`;
  const twice = there.length + added.length > MOST_FILES;
  return twice ? `A message may have ${MOST_FILES} files.` : '';
}

/** The files of a transfer (paste or drop). @param {DataTransfer|null} transfer */
export const filesOf = (transfer) => [...(transfer?.files ?? [])];

/**
 * The row of files above the box.
 *
 * @param {{onChange: () => void, onProblem: (text: string) => void}} hooks
 */
export function createTray({ onChange, onProblem }) {
  const element = h('ul', { class: 'tray', role: 'list', 'aria-label': 'Files to be sent', hidden: true });
  /** @type {Chosen[]} */
  let chosen = [];

  /** @param {Chosen} entry */
  function row(entry) {
    const { file } = entry;
    const picture = isPicture({ ...blank, content_type: file.type });
    const about = h('input', {
      type: 'text',
      class: 'tray-description',
      placeholder: 'Describe it (alt text)',
      'aria-label': `Describe ${file.name} for those who cannot see it`,
      maxlength: LONGEST_DESCRIPTION,
    });
    about.addEventListener('input', () => {
      entry.description = about.value.trim();
    });
    const remove = h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': `Remove ${file.name}`, title: 'Remove' },
      icon('close'),
    );
    const item = h(
      'li',
      { class: 'tray-item' },
      picture ? preview(file) : h('span', { class: 'tray-face' }, icon('file')),
      h('span', { class: 'tray-name' }, file.name),
      h('span', { class: 'file-size' }, bytes(file.size)),
      remove,
      about,
    );
    remove.addEventListener('click', () => {
      chosen = chosen.filter((other) => other !== entry);
      item.remove();
      changed();
    });
    return item;
  }

  function changed() {
    element.hidden = chosen.length === 0;
    onChange();
  }

  return {
    element,
    get files() {
      return chosen;
    },
    /** @param {File[]} files */
    add(files) {
      const wrong = refusal(
        chosen.map(({ file }) => file),
        files,
      );
      if (wrong) return onProblem(wrong);
      const added = files.map((file) => ({ file, description: '' }));
      chosen = [...chosen, ...added];
      element.append(...added.map(row));
      changed();
    },
    clear() {
      chosen = [];
      element.replaceChildren();
      changed();
    },
  };
}

const blank = { id: '', filename: '', url: '', size: 0 };

/** A small picture of a picture; read as data, for the page shows nothing but its own and data. @param {File} file */
function preview(file) {
  const face = h('span', { class: 'tray-face' }, icon('file'));
  if (file.size > PREVIEWED) return face;
  const reader = new FileReader();
  reader.addEventListener('load', () =>
    face.replaceChildren(h('img', { src: String(reader.result), alt: '', width: 40, height: 40 })),
  );
  reader.readAsDataURL(file);
  return face;
}

/** A button that opens the file chooser. @param {{label: string, onFiles: (files: File[]) => void, multiple?: boolean, class?: string}} options */
export function fileButton({ label, onFiles, multiple = true, class: name = 'composer-button' }) {
  const input = h('input', { type: 'file', multiple, hidden: true, tabindex: -1, 'aria-label': label });
  const button = h(
    'button',
    { type: 'button', class: name, 'aria-label': label, title: label },
    icon('plus'),
  );
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    onFiles([...(input.files ?? [])]);
    input.value = '';
  });
  return { button, input };
}
