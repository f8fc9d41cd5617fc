/**
 * Discord's markdown as a tree: text in, plain objects out; nothing here touches the page.
 *
 * Scanning is by hand and not by nested patterns, so that hostile text costs at most quadratic time in its length, and
 * nesting is bounded.
 *
 * @typedef {{kind: 'paragraph', children: Inline[]}
 *   | {kind: 'heading', level: number, outline?: number, children: Inline[]}
 *   | {kind: 'small', children: Inline[]}
 *   | {kind: 'quote', children: Block[]}
 *   | {kind: 'codeblock', language: string, text: string}
 *   | {kind: 'list', ordered: boolean, start: number, items: {children: Inline[], nested: Block[]}[]}} Block
 */
/** @import {Inline} from './inline.js' */
import { DEEPEST, inline } from './inline.js';

const LIST_ITEM = /^( *)([-*]|\d{1,9}\.) +(.*)$/;

/** @param {string} source @returns {Block[]} */
export function parse(source) {
  return blocks(source.replaceAll('\r\n', '\n'), 0);
}

/** @param {string} source @param {number} depth @returns {Block[]} */
function blocks(source, depth) {
  /** @type {Block[]} */
  const out = [];
  /** @type {string[]} */
  let plain = [];
  const flush = () => {
    for (const text of plain.join('\n').split(/\n\s*\n/)) {
      const trimmed = text.replace(/^\n+|\n+$/g, '');
      if (trimmed.trim()) out.push({ kind: 'paragraph', children: inline(trimmed, depth) });
    }
    plain = [];
  };
  let rest = source;
  while (rest) {
    const taken = depth < DEEPEST ? block(rest, depth) : null;
    if (taken) {
      flush();
      out.push(taken.block);
      rest = rest.slice(taken.length);
      continue;
    }
    const end = rest.indexOf('\n');
    const line = end < 0 ? rest : rest.slice(0, end);
    const fence = line.indexOf('```');
    if (fence > 0 && fenced(rest.slice(fence))) {
      plain.push(rest.slice(0, fence));
      rest = rest.slice(fence);
    } else {
      plain.push(line);
      rest = end < 0 ? '' : rest.slice(end + 1);
    }
  }
  flush();
  return out;
}

/** The block that starts a text, if one does. @param {string} rest @param {number} depth @returns {{block: Block, length: number}|null} */
function block(rest, depth) {
  if (rest.startsWith('```')) return fenced(rest);
  if (rest.startsWith('>>> '))
    return { block: { kind: 'quote', children: blocks(rest.slice(4), depth + 1) }, length: rest.length };
  if (rest.startsWith('> ')) return quoted(rest, depth);
  const end = rest.indexOf('\n');
  const line = end < 0 ? rest : rest.slice(0, end);
  const length = end < 0 ? rest.length : end + 1;
  const heading = /^(#{1,3}) +(\S.*)$/.exec(line);
  if (heading) {
    const [, marks = '', text = ''] = heading;
    return { block: { kind: 'heading', level: marks.length, children: inline(text.trim(), depth) }, length };
  }
  if (line.startsWith('-# ') && line.length > 3)
    return { block: { kind: 'small', children: inline(line.slice(3), depth) }, length };
  return LIST_ITEM.test(line) ? listed(rest, depth) : null;
}

/** @param {string} rest @returns {{block: Block, length: number}|null} */
function fenced(rest) {
  const close = rest.indexOf('```', 3);
  if (close < 0 || !rest.slice(3, close).trim()) return null;
  const inner = rest.slice(3, close);
  const first = /^([\w+\-.#]*)\n/.exec(inner);
  const text = (first ? inner.slice(first[0].length) : inner).replace(/^\n+|\s+$/g, '');
  let length = close + 3;
  if (rest[length] === '\n') length += 1;
  return { block: { kind: 'codeblock', language: first?.[1] ?? '', text }, length };
}

/** @param {string} rest @param {number} depth @returns {{block: Block, length: number}} */
function quoted(rest, depth) {
  const lines = [];
  let length = 0;
  while (rest.startsWith('> ', length) || rest.startsWith('>\n', length)) {
    const end = rest.indexOf('\n', length);
    lines.push(rest.slice(length + 2, end < 0 ? undefined : Math.max(end, length + 2)));
    length = end < 0 ? rest.length : end + 1;
  }
  return { block: { kind: 'quote', children: blocks(lines.join('\n'), depth + 1) }, length };
}

/** @param {string} rest @param {number} depth @returns {{block: Block, length: number}} */
function listed(rest, depth) {
  /** @type {{indent: number, ordered: boolean, number: number, text: string}[]} */
  const rows = [];
  let length = 0;
  while (length < rest.length) {
    const end = rest.indexOf('\n', length);
    const line = rest.slice(length, end < 0 ? undefined : end);
    const match = LIST_ITEM.exec(line);
    if (match) {
      const [, space = '', mark = '', text = ''] = match;
      rows.push({ indent: space.length, ordered: /\d/.test(mark), number: Number.parseInt(mark, 10), text });
    } else if (/^ {2,}\S/.test(line)) {
      const last = rows[rows.length - 1];
      if (last) last.text += `\n${line.trim()}`; // a line indented under an item belongs to it
    } else break;
    length = end < 0 ? rest.length : end + 1;
  }
  return { block: nest(rows, depth), length };
}

/**
 * @param {{indent: number, ordered: boolean, number: number, text: string}[]} rows
 * @param {number} depth
 * @returns {Block}
 */
function nest(rows, depth) {
  const top = rows[0] ?? { indent: 0, ordered: false, number: 1, text: '' };
  /** @type {{children: Inline[], nested: Block[]}[]} */
  const items = [];
  for (let i = 0; i < rows.length;) {
    const row = rows[i] ?? top;
    let next = i + 1;
    while (next < rows.length && (rows[next]?.indent ?? 0) > top.indent + 1) next += 1;
    const inner = rows.slice(i + 1, next);
    const nested = !inner.length ? [] : depth < DEEPEST ? [nest(inner, depth + 1)] : [];
    items.push({ children: inline(row.text, depth), nested });
    i = next;
  }
  return { kind: 'list', ordered: top.ordered, start: top.number, items };
}

/** The words alone, for being read aloud. @param {Block[]} nodes @param {(kind: 'user'|'channel'|'role', id: string) => string} name @returns {string} */
export function toText(nodes, name) {
  return nodes.map((node) => blockText(node, name)).join('\n');
}

/** @param {Block} node @param {(kind: 'user'|'channel'|'role', id: string) => string} name @returns {string} */
function blockText(node, name) {
  if (node.kind === 'codeblock') return node.text;
  if (node.kind === 'quote') return toText(node.children, name);
  if (node.kind === 'list') {
    return node.items
      .map((item) => [inlineText(item.children, name), toText(item.nested, name)].filter(Boolean).join('\n'))
      .join('\n');
  }
  return inlineText(node.children, name);
}

/** @param {Inline[]} nodes @param {(kind: 'user'|'channel'|'role', id: string) => string} name @returns {string} */
function inlineText(nodes, name) {
  return nodes
    .map((node) => {
      if ('children' in node) return node.kind === 'spoiler' ? '(hidden)' : inlineText(node.children, name);
      if ('text' in node) return node.text;
      if ('id' in node) return name(node.kind, node.id);
      if ('name' in node) return node.name;
      return new Date(node.seconds * 1000).toLocaleString();
    })
    .join('');
}
