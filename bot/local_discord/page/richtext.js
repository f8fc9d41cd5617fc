/** The markdown tree as DOM nodes. */
/** @import {Inline} from './inline.js' */
/** @import {Block} from './markdown.js' */
/** @import {Highlighter} from './highlight.js' */
/** @import {Store} from './store.js' */
import { addressOf, named } from './address.js';
import { copy } from './clipboard.js';
import { h, icon } from './dom.js';
import { inline } from './inline.js';
import { parse, toText } from './markdown.js';
import { stamp } from './moments.js';

/** @typedef {{store: Store, guild: string, highlight?: Highlighter}} Place */

/** The level of a message's author; what a message holds lies below. */
const LOWEST_OF_PAGE = 3;
const TAGS = Object.freeze({ strong: 'strong', em: 'em', underline: 'u', strike: 's' });

/** @param {string} source @param {Place} place @returns {HTMLElement} */
export function richText(source, place) {
  return h(
    'div',
    { class: 'md' },
    levelled(parse(source)).map((node) => block(node, place)),
  );
}

/**
 * A message's own headings lie below the page's, and none is skipped in the outline, whatever its author began with; how
 * large they look is another matter.
 *
 * @param {Block[]} nodes
 */
function levelled(nodes) {
  /** @type {number[]} */
  const above = [];
  return nodes.map((node) => {
    if (node.kind !== 'heading') return node;
    while ((above[above.length - 1] ?? 0) >= node.level) above.pop();
    above.push(node.level);
    return { ...node, outline: LOWEST_OF_PAGE + above.length };
  });
}

/** Formatting within a line only, for titles. @param {string} source @param {Place} place */
export const oneLine = (source, place) => inlines(inline(source), place);

/** A text's words without its formatting. @param {string} source @param {Place} place */
export function plainText(source, place) {
  return toText(parse(source), (kind, id) => mentionName(kind, id, place));
}

/** @param {'user'|'channel'|'role'} kind @param {string} id @param {Place} place */
export function mentionName(kind, id, { store, guild }) {
  if (kind === 'channel') return `#${store.channelName(store.channels.get(id)) || 'unknown'}`;
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
      const tag = /** @type {'h4'|'h5'|'h6'} */ (`h${node.outline ?? LOWEST_OF_PAGE + 1}`);
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
      return codeBlock(node.text, node.language, place);
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

/** @param {string} text @param {string} language @param {Place} place */
function codeBlock(text, language, { highlight }) {
  const button = h('button', { type: 'button', class: 'copy', 'aria-label': 'Copy this code' }, icon('copy'));
  button.addEventListener('click', () => copy(text));
  const code = h('code', { data: { language } }, text);
  highlight?.paint(code, language, text);
  return h('div', { class: 'codeblock' }, h('pre', { tabindex: 0 }, code), button);
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
      return linkOrPlace(node, place);
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

/** A link to a channel or message that is here leads there. @param {Extract<Inline, {kind: 'link'}>} node @param {Place} place */
function linkOrPlace(node, place) {
  const to = named(node.url, place.store);
  if (!to) return link(node.url, inlines(node.children, place));
  const [only] = node.children;
  const bare = node.children.length === 1 && only?.kind === 'text' && only.text.startsWith('http');
  const label = `${mentionName('channel', to.channel.id, place)}${to.message ? ' › message' : ''}`;
  return h(
    'a',
    { class: bare ? 'mention' : null, href: addressOf(to.channel, to.message) },
    bare ? label : inlines(node.children, place),
  );
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
