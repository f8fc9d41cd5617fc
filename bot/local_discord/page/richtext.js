/** The markdown tree as DOM nodes. */
/** @import {Inline} from './inline.js' */
/** @import {Block} from './markdown.js' */
/** @import {Store} from './store.js' */
import { h, icon } from './dom.js';
import { parse, toText } from './markdown.js';
import { stamp } from './moments.js';

/** @typedef {{store: Store, guild: string}} Place */

const TAGS = Object.freeze({ strong: 'strong', em: 'em', underline: 'u', strike: 's' });

/** @param {string} source @param {Place} place @returns {HTMLElement} */
export function richText(source, place) {
  return h(
    'div',
    { class: 'md' },
    parse(source).map((node) => block(node, place)),
  );
}

/** One line of formatted text, for titles and names. @param {string} source @param {Place} place */
export function plainText(source, place) {
  return toText(parse(source), (kind, id) => mentionName(kind, id, place));
}

/** @param {'user'|'channel'|'role'} kind @param {string} id @param {Place} place */
export function mentionName(kind, id, { store, guild }) {
  if (kind === 'channel') return `#${store.channels.get(id)?.name ?? 'unknown'}`;
  if (kind === 'role') return `@${store.roles.get(id)?.name ?? 'unknown role'}`;
  const user = store.users.get(id);
  return `@${user ? store.nameOf(user, guild) : 'unknown user'}`;
}

/** @param {Block} node @param {Place} place @returns {HTMLElement} */
function block(node, place) {
  switch (node.kind) {
    case 'paragraph':
      return h('p', null, inlines(node.children, place));
    case 'heading': {
      // a message's own headings lie below the page's: its levels 1-3 are 4-6 in the outline
      const tag = /** @type {'h4'|'h5'|'h6'} */ (`h${node.level + 3}`);
      return h(tag, { class: `md-h${node.level}` }, inlines(node.children, place));
    }
    case 'small':
      return h('p', { class: 'md-small' }, inlines(node.children, place));
    case 'quote':
      return h(
        'blockquote',
        null,
        node.children.map((child) => block(child, place)),
      );
    case 'codeblock':
      return codeBlock(node.text, node.language);
    case 'list':
      return h(
        node.ordered ? 'ol' : 'ul',
        node.ordered && node.start !== 1 ? { start: node.start } : null,
        node.items.map((item) =>
          h(
            'li',
            null,
            inlines(item.children, place),
            item.nested.map((child) => block(child, place)),
          ),
        ),
      );
  }
}

/** @param {string} text @param {string} language */
function codeBlock(text, language) {
  const copy = h('button', { type: 'button', class: 'copy', 'aria-label': 'Copy this code' }, icon('copy'));
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.replaceChildren(icon('check'));
    } catch {
      copy.replaceChildren(icon('warn')); // the browser did not allow it
    }
    setTimeout(() => copy.replaceChildren(icon('copy')), 1500);
  });
  return h(
    'div',
    { class: 'codeblock' },
    h('pre', { tabindex: 0 }, h('code', { data: { language } }, text)),
    copy,
  );
}

/** @param {Inline[]} nodes @param {Place} place @returns {(Node|string)[]} */
function inlines(nodes, place) {
  return nodes.map((node) => inlineNode(node, place));
}

/** @param {Inline} node @param {Place} place @returns {Node|string} */
function inlineNode(node, place) {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'code':
      return h('code', null, node.text);
    case 'link':
      return link(node.url, inlines(node.children, place));
    case 'spoiler':
      return spoiler(inlines(node.children, place));
    case 'channel':
      return channelLink(node.id, place);
    case 'user':
    case 'role': {
      const mine = node.kind === 'user' ? node.id === place.store.me : isMyRole(node.id, place);
      return h(
        'span',
        { class: mine ? 'mention mention-me' : 'mention' },
        mentionName(node.kind, node.id, place),
      );
    }
    case 'everyone':
      return h('span', { class: 'mention mention-me' }, node.text);
    case 'command':
      return h('span', { class: 'mention' }, `/${node.name}`);
    case 'emoji':
      return `:${node.name}:`;
    case 'time':
      return stamp(node.seconds, node.style);
    default:
      return h(TAGS[node.kind], null, inlines(node.children, place));
  }
}

/** A link out; the title shows where it really leads. @param {string} url @param {(Node|string)[]|string} children */
export function link(url, children) {
  return h('a', { href: url, title: url, target: '_blank', rel: 'noopener noreferrer' }, children);
}

/** @param {string} id @param {Place} place */
function channelLink(id, place) {
  const channel = place.store.channels.get(id);
  const name = mentionName('channel', id, place);
  if (!channel) return h('span', { class: 'mention' }, name);
  return h('a', { class: 'mention', href: addressOf(channel) }, name);
}

/** @param {import('./types.js').Channel} channel */
export function addressOf(channel) {
  return channel.type >= 10 && channel.type <= 12
    ? `#/${channel.parent_id}/${channel.id}`
    : `#/${channel.id}`;
}

/** @param {string} role @param {Place} place */
function isMyRole(role, { store, guild }) {
  return store.member(guild, store.me)?.roles.includes(role) ?? false;
}

/** @param {(Node|string)[]} children */
function spoiler(children) {
  const inner = h('span', { class: 'spoiler-text' }, children);
  const cover = h(
    'span',
    { class: 'spoiler', role: 'button', tabindex: 0, 'aria-expanded': 'false', 'aria-label': 'Spoiler' },
    inner,
  );
  inner.inert = true;
  const reveal = () => {
    cover.classList.add('open');
    cover.removeAttribute('role');
    cover.removeAttribute('aria-label');
    cover.removeAttribute('aria-expanded');
    cover.removeAttribute('tabindex');
    inner.inert = false;
  };
  cover.addEventListener('click', reveal, { once: true });
  cover.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    reveal();
  });
  return cover;
}
