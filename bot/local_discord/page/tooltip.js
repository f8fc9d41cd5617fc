/** A note that appears beside something while it is pointed at or has the focus; Escape takes it away. */
import { freshId, h } from './dom.js';

const AFTER_MS = 350;
const EDGE = 8;

/**
 * @param {HTMLElement} target
 * @param {() => Promise<string>|string} text asked each time it appears; nothing is shown while it is empty
 */
export function tooltip(target, text) {
  /** @type {HTMLElement|null} */
  let note = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let asked = 0;

  function hide() {
    clearTimeout(timer);
    asked += 1;
    note?.remove();
    note = null;
    target.removeAttribute('aria-describedby');
  }

  async function show() {
    const mine = ++asked;
    const words = await text();
    if (mine !== asked || !words || !target.isConnected) return;
    note?.remove();
    note = h('div', { class: 'tooltip', role: 'tooltip', id: freshId('note') }, words);
    (target.closest('main, aside, nav, dialog') ?? document.body).append(note);
    const box = target.getBoundingClientRect();
    const { width, height } = note.getBoundingClientRect();
    const top = box.top - height; // no gap: the pointer can go from one to the other
    note.style.top = `${top > EDGE ? top : box.bottom}px`;
    note.style.left = `${Math.max(EDGE, Math.min(box.left, window.innerWidth - width - EDGE))}px`;
    note.addEventListener('pointerleave', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && target.contains(relatedTarget))) hide();
    });
    target.setAttribute('aria-describedby', note.id);
  }

  target.addEventListener('pointerenter', ({ pointerType }) => {
    if (pointerType === 'touch') return;
    clearTimeout(timer);
    timer = setTimeout(show, AFTER_MS);
  });
  target.addEventListener('focus', () => target.matches(':focus-visible') && void show());
  target.addEventListener('pointerleave', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && note?.contains(relatedTarget))) hide();
  });
  target.addEventListener('blur', hide);
  target.addEventListener('click', hide);
  target.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !note) return;
    event.stopPropagation();
    hide();
  });
}
