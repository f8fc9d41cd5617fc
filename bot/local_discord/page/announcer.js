/**
 * What a screen reader is told: each new message once. The log itself is no live region, for edits and fetched history
 * would be read out again with it.
 */
import { h } from './dom.js';

const KEPT = 8;
const LONGEST = 600;

/** @param {string} text */
export function announce(text) {
  const region = document.getElementById('announcer');
  if (!region || !text.trim()) return;
  region.append(h('p', null, text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text));
  while (region.childElementCount > KEPT) region.firstElementChild?.remove();
}

/** A short note at the edge of the page that goes by itself. @param {string} text @param {'info'|'error'} [kind] */
export function toast(text, kind = 'info') {
  const region = document.getElementById('toasts');
  const note = h('p', { class: `toast ${kind}` }, text);
  // the latest says what is so now; what went wrong stays beside it
  if (kind === 'info') region?.querySelector('.toast.info')?.remove();
  region?.append(note);
  setTimeout(() => note.remove(), kind === 'error' ? 8000 : 3500);
}
