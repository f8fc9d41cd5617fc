/** A new post in a forum: its title, its tags, its first message with files. */
/** @import {Channel, ForumTag} from './types.js' */
/** @import {Session} from './session.js' */
import { openForm } from './dialog.js';
import { h } from './dom.js';
import { createTray, fileButton, filesOf } from './files.js';
import { mentionables, withTags } from './mentions.js';
import { Permission, may } from './permissions.js';
import { named } from './session.js';

const MOST_TAGS = 5;
const LONGEST_TITLE = 100;
const LONGEST_TEXT = 2000;

/** @param {Session} session @param {Channel} forum @param {(post: Channel) => void} onMade */
export function askForPost({ api, store }, forum, onMade) {
  const name = h('input', { type: 'text', required: true, maxlength: LONGEST_TITLE, autocomplete: 'off' });
  const text = h('textarea', { rows: 6, maxlength: LONGEST_TEXT });
  const tray = createTray({
    onChange: () => (problem.textContent = ''),
    onProblem: (words) => (problem.textContent = words),
  });
  const attach = fileButton({ label: 'Add files', onFiles: tray.add, class: 'button secondary' });
  attach.button.append('Add files');
  const tags = offeredTags(store, forum).map((tag) => ({ tag, box: h('input', { type: 'checkbox' }) }));
  /** What is wrong with what was filled in; empty for nothing. @param {string[]} chosen */
  function wrong(chosen) {
    if (!name.value.trim()) return 'Give the post a title.';
    if (!text.value.trim() && !tray.files.length) return 'Write a message or add a file.';
    return chosen.length > MOST_TAGS ? `Choose at most ${MOST_TAGS} tags.` : '';
  }

  text.addEventListener('paste', (event) => {
    const files = filesOf(event.clipboardData);
    if (files.length) tray.add(files);
  });
  const problem = openForm({
    title: `New post in ${forum.name}`,
    action: 'Post',
    parts: [
      h('label', { class: 'form-field' }, h('span', { class: 'form-label' }, 'Title'), name),
      tags.length > 0 &&
        h(
          'fieldset',
          { class: 'form-field' },
          h('legend', { class: 'form-label' }, 'Tags'),
          h(
            'div',
            { class: 'tag-choices' },
            tags.map(({ tag, box }) => h('label', { class: 'choice' }, box, tag.name)),
          ),
        ),
      h('label', { class: 'form-field' }, h('span', { class: 'form-label' }, 'Message'), text),
      tray.element,
      ...(may(store, forum.id, Permission.attachFiles) ? [attach.button, attach.input] : []),
    ],
    send: async () => {
      const chosen = tags.filter(({ box }) => box.checked).map(({ tag }) => tag.id);
      const mistake = wrong(chosen);
      if (mistake) return mistake;
      const content = withTags(text.value.trim(), mentionables(store, forum.guild_id ?? ''));
      const files = tray.files;
      const message = { content, ...(files.length ? { attachments: named(files) } : {}) };
      const body = { name: name.value.trim(), applied_tags: chosen, message };
      const post = await api.startThread(forum.id, null, body, { files: files.map(({ file }) => file) });
      store.putChannel(post);
      store.emit('places');
      return () => onMade(post);
    },
  });
  name.focus();
}

/** @param {import('./store.js').Store} store @param {Channel} forum @returns {ForumTag[]} */
const offeredTags = (store, forum) =>
  (forum.available_tags ?? []).filter(
    (tag) => !tag.moderated || may(store, forum.id, Permission.manageThreads),
  );
