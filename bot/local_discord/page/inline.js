/**
 * Formatting within a line: emphasis, code, links, mentions, times.
 *
 * @typedef {{kind: 'text', text: string}
 *   | {kind: 'strong'|'em'|'underline'|'strike'|'spoiler', children: Inline[]}
 *   | {kind: 'code', text: string}
 *   | {kind: 'link', url: string, children: Inline[]}
 *   | {kind: 'user'|'channel'|'role', id: string}
 *   | {kind: 'everyone', text: string}
 *   | {kind: 'command', name: string}
 *   | {kind: 'emoji', name: string}
 *   | {kind: 'time', seconds: number, style: string}} Inline
 */

/** How deep formatting nests; below, signs are plain text. */
export const DEEPEST = 10;
const URL_START = /https?:\/\//y;

/** @param {string} source @param {number} depth @returns {Inline[]} */
export function inline(source, depth = 0) {
  /** @type {Inline[]} */
  const out = [];
  let text = '';
  let i = 0;
  while (i < source.length) {
    const taken = depth < DEEPEST ? token(source, i, depth) : null;
    if (!taken) {
      text += source[i];
      i += 1;
      continue;
    }
    if (taken.node.kind === 'text') text += taken.node.text;
    else {
      if (text) out.push({ kind: 'text', text });
      text = '';
      out.push(taken.node);
    }
    i = taken.end;
  }
  if (text) out.push({ kind: 'text', text });
  return out;
}

/** @typedef {{node: Inline, end: number}} Taken */

/** @param {string} source @param {number} at @param {number} depth @returns {Taken|null} */
function token(source, at, depth) {
  switch (source[at]) {
    case '\\': {
      const next = source[at + 1];
      return next && /[^\p{L}\p{N}\s]/u.test(next)
        ? { node: { kind: 'text', text: next }, end: at + 2 }
        : null;
    }
    case '`':
      return code(source, at);
    case '<':
      return angled(source, at);
    case '@':
      return everyone(source, at);
    case '[':
      return masked(source, at, depth);
    case 'h':
      return bare(source, at);
    case '*':
      return wrapped(source, at, '**', 'strong', depth) ?? wrapped(source, at, '*', 'em', depth);
    case '_':
      return wrapped(source, at, '__', 'underline', depth) ?? wrapped(source, at, '_', 'em', depth);
    case '~':
      return wrapped(source, at, '~~', 'strike', depth);
    case '|':
      return wrapped(source, at, '||', 'spoiler', depth);
    default:
      return null;
  }
}

/** @param {string} source @param {number} at @returns {Taken|null} */
function code(source, at) {
  const end = codeEnd(source, at);
  if (end < 0) return null;
  const ticks = run(source, at);
  const text = source.slice(at + ticks, end - ticks);
  const padded = ticks > 1 && /^ .*` $|^ `.* $/s.test(text);
  return { node: { kind: 'code', text: padded ? text.slice(1, -1) : text }, end };
}

/** Where the code span that opens at `at` has ended, or -1. @param {string} source @param {number} at */
function codeEnd(source, at) {
  const ticks = run(source, at);
  for (let i = at + ticks; i < source.length;) {
    if (source[i] !== '`') {
      i += 1;
      continue;
    }
    const found = run(source, i);
    if (found === ticks) return i + ticks;
    i += found;
  }
  return -1;
}

/** How often the character at `at` repeats. @param {string} source @param {number} at */
function run(source, at) {
  let length = 1;
  while (source[at + length] === source[at]) length += 1;
  return length;
}

/**
 * @param {string} source
 * @param {number} at
 * @param {string} mark
 * @param {'strong'|'em'|'underline'|'strike'|'spoiler'} kind
 * @param {number} depth
 * @returns {Taken|null}
 */
function wrapped(source, at, mark, kind, depth) {
  if (!source.startsWith(mark, at)) return null;
  const from = at + mark.length;
  if (mark === '*' && /\s/.test(source[from] ?? ' ')) return null;
  const close = closing(source, from, mark);
  if (close <= from) return null;
  const inner = source.slice(from, close);
  if (!inner.trim()) return null;
  return { node: { kind, children: inline(inner, depth + 1) }, end: close + mark.length };
}

/** Where `mark` closes, skipping escapes and code; -1 where it does not. @param {string} source @param {number} from @param {string} mark */
function closing(source, from, mark) {
  const sign = mark[0];
  for (let i = from; i < source.length;) {
    const char = source[i];
    if (char === '\\') {
      i += 2;
    } else if (char === '`') {
      const end = codeEnd(source, i);
      i = end < 0 ? i + run(source, i) : end;
    } else if (char === sign) {
      const length = run(source, i);
      if (closes(source, i, length, mark))
        return i + (mark.length === 2 || length > 2 ? length - mark.length : 0);
      i += length;
    } else i += 1;
  }
  return -1;
}

/** Whether a run of signs ends what `mark` began. @param {string} source @param {number} at @param {number} length @param {string} mark */
function closes(source, at, length, mark) {
  if (mark.length === 2) return length >= 2;
  if (length === 2) return false; // belongs to the doubled sign
  if (mark === '*') return !/\s/.test(source[at - 1] ?? ' ');
  return !/\w/.test(source[at + length] ?? ' ');
}

/** @param {string} source @param {number} at @returns {Taken|null} */
function angled(source, at) {
  const end = source.indexOf('>', at);
  if (end < 0 || end - at > 2048) return null;
  const inner = source.slice(at + 1, end);
  const node = angledNode(inner);
  return node && { node, end: end + 1 };
}

/** @param {string} inner @returns {Inline|null} */
function angledNode(inner) {
  const mention = /^(@!?|@&|#)(\d{1,20})$/.exec(inner);
  if (mention) {
    const [, sign = '', id = ''] = mention;
    return { kind: sign === '#' ? 'channel' : sign === '@&' ? 'role' : 'user', id };
  }
  const time = /^t:(-?\d{1,13})(?::([tTdDfFRsS]))?$/.exec(inner);
  if (time && Math.abs(Number(time[1])) <= 8.64e12)
    return { kind: 'time', seconds: Number(time[1]), style: time[2] ?? 'f' };
  const command = /^\/([\p{L}\p{N}_-]+(?: [\p{L}\p{N}_-]+){0,2}):\d{1,20}$/u.exec(inner);
  if (command) return { kind: 'command', name: command[1] ?? '' };
  const emoji = /^a?:(\w{2,32}):\d{1,20}$/.exec(inner);
  if (emoji) return { kind: 'emoji', name: emoji[1] ?? '' };
  const url = safeUrl(inner);
  return url && !/\s/.test(inner) ? { kind: 'link', url, children: [{ kind: 'text', text: inner }] } : null;
}

/** @param {string} source @param {number} at @returns {Taken|null} */
function everyone(source, at) {
  const text = ['@everyone', '@here'].find((name) => source.startsWith(name, at));
  return text ? { node: { kind: 'everyone', text }, end: at + text.length } : null;
}

/** @param {string} source @param {number} at @param {number} depth @returns {Taken|null} */
function masked(source, at, depth) {
  const middle = balanced(source, at, '[', ']');
  if (middle < 0 || source[middle + 1] !== '(') return null;
  const end = balanced(source, middle + 1, '(', ')');
  if (end < 0) return null;
  const target = /^\s*<?(\S+?)>?(?:\s+"[^"]*")?\s*$/.exec(source.slice(middle + 2, end));
  const url = target && safeUrl(target[1] ?? '');
  const label = source.slice(at + 1, middle);
  if (!url || !label.trim()) return null;
  return { node: { kind: 'link', url, children: unlinked(inline(label, depth + 1)) }, end: end + 1 };
}

/** A link's label holds no link of its own. @param {Inline[]} nodes @returns {Inline[]} */
function unlinked(nodes) {
  return nodes.flatMap((node) => (node.kind === 'link' ? node.children : [node]));
}

/** Where the bracket at `at` closes on the same line, or -1. @param {string} source @param {number} at @param {string} open @param {string} close */
function balanced(source, at, open, close) {
  let depth = 0;
  for (let i = at; i < source.length && source[i] !== '\n'; i += 1) {
    if (source[i] === '\\') i += 1;
    else if (source[i] === open) depth += 1;
    else if (source[i] === close && --depth === 0) return i;
  }
  return -1;
}

/** @param {string} source @param {number} at @returns {Taken|null} */
function bare(source, at) {
  URL_START.lastIndex = at;
  if (!URL_START.test(source)) return null;
  let end = at;
  while (end < source.length && !/[\s<>]/.test(source[end] ?? ' ')) end += 1;
  while (end > at && trailing(source.slice(at, end))) end -= 1;
  const text = source.slice(at, end);
  const url = safeUrl(text);
  return url ? { node: { kind: 'link', url, children: [{ kind: 'text', text }] }, end } : null;
}

/** Whether a bare link's last character belongs to the sentence around it. @param {string} text */
function trailing(text) {
  const last = text[text.length - 1] ?? '';
  if (last === ')') return text.split(')').length > text.split('(').length;
  return '.,:;"\'!?]*_~|'.includes(last);
}

/** The address where it is a web address with a host, else null. @param {string} text */
export function safeUrl(text) {
  if (!/^https?:\/\//i.test(text)) return null;
  try {
    const url = new URL(text);
    return url.host ? url.href : null;
  } catch {
    return null; // not an address: it stays text
  }
}
