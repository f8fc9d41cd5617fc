/** A forum as it is open: its posts with their tags, and a way to write a new one. */
/** @import {Channel} from './types.js' */
/** @import {Pane} from './pane.js' */
/** @import {Session} from './session.js' */
import { addressOf } from './address.js';
import { h, icon, perFrame } from './dom.js';
import { pagedList } from './paged.js';
import { createHead } from './panehead.js';
import { Permission, may } from './permissions.js';
import { askForPost } from './postform.js';
import { archivedReader, threadLine } from './threadlist.js';

/** @param {Session} session @param {Channel} forum @param {{onMenu?: () => void}} hooks @returns {Pane} */
export function createForum(session, forum, hooks) {
  const { store } = session;
  const head = createHead(session, forum, hooks);
  const list = h('ul', { class: 'paged posts', role: 'list', 'aria-label': 'Posts' });
  const empty = h('p', { class: 'hint' });
  const filters = h('div', { class: 'tag-filter', role: 'group', 'aria-label': 'Show posts with a tag' });
  const maker = h('button', { type: 'button', class: 'button primary' }, icon('plus'), 'New post');
  /** @type {string|null} */
  let tag = null;
  const archived = pagedList({
    label: 'Closed posts',
    empty: 'No post here is closed.',
    read: archivedReader(session, forum),
    draw: (post) => threadLine(session, post),
  });
  const older = h('details', { class: 'older-posts' }, h('summary', null, 'Closed posts'), archived.element);
  const element = h(
    'main',
    { class: 'pane pane-channel pane-forum', 'aria-label': `Forum ${forum.name}` },
    head.element,
    h(
      'div',
      { class: 'forum', tabindex: -1 },
      h('div', { class: 'forum-bar' }, maker, filters),
      list,
      empty,
      older,
    ),
  );

  function drawFilters() {
    const tags = store.channels.get(forum.id)?.available_tags ?? [];
    filters.hidden = tags.length === 0;
    if (filters.childElementCount === tags.length) {
      tags.forEach(({ id }, index) =>
        filters.children[index]?.setAttribute('aria-pressed', String(tag === id)),
      );
      return;
    }
    filters.replaceChildren(
      ...tags.map(({ id, name }) => {
        const button = h(
          'button',
          { type: 'button', class: 'post-tag', 'aria-pressed': String(tag === id) },
          name,
        );
        button.addEventListener('click', () => {
          tag = tag === id ? null : id;
          draw();
        });
        return button;
      }),
    );
  }

  let drawn = '';
  function draw() {
    if (!document.hidden) store.markRead(forum.id);
    drawFilters();
    maker.hidden = !may(store, forum.id, Permission.sendMessages);
    const posts = store.threadsOf(forum.id).filter((post) => !tag || post.applied_tags?.includes(tag));
    const signature = JSON.stringify(posts.map((post) => [post, store.isUnread(post.id)]));
    if (signature === drawn) return;
    drawn = signature;
    const focused =
      document.activeElement instanceof HTMLElement ? document.activeElement.dataset.thread : '';
    list.replaceChildren(...posts.map((post) => h('li', null, threadLine(session, post))));
    const again = focused ? list.querySelector(`[data-thread="${CSS.escape(focused)}"]`) : null;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    empty.textContent = posts.length
      ? ''
      : tag
        ? 'No open post has this tag.'
        : 'Nobody has posted here yet.';
  }

  maker.addEventListener('click', () =>
    askForPost(session, store.channels.get(forum.id) ?? forum, (post) => session.open(addressOf(post))),
  );
  older.addEventListener('toggle', () => older.open && void archived.again());
  const stop = store.on('places', perFrame(draw));
  draw();

  return {
    element,
    id: forum.id,
    refetch: async () => draw(),
    jumpTo: async () => undefined,
    focus: () => maker.focus(),
    destroy() {
      stop();
      head.destroy();
      element.remove();
    },
  };
}
