/** What floats over the page beside something: where it goes, and that Escape, a press elsewhere or leaving closes it. */

const GAP = 4;
const EDGE = 8;

/** @typedef {HTMLElement|{x: number, y: number, within: HTMLElement}} Anchor an element, or a point in one */

/** @param {Anchor} anchor */
const elementOf = (anchor) => (anchor instanceof HTMLElement ? anchor : anchor.within);

/**
 * Put `element` beside its anchor until it is closed. The focus goes back to `back` when it was inside.
 *
 * @param {HTMLElement} element
 * @param {{anchor: Anchor, back: HTMLElement|null, onClose?: () => void}} options
 */
export function openPopup(element, { anchor, back, onClose }) {
  const life = new AbortController();
  const { signal } = life;
  const host = elementOf(anchor);
  // inside a landmark, so that it is found there, and inside a dialog, for a dialog covers the rest
  (host.closest('dialog, main, aside, nav') ?? document.body).append(element);
  element.classList.add('floating');

  function close() {
    if (signal.aborted) return;
    const inside = element.contains(document.activeElement);
    life.abort();
    element.remove();
    onClose?.();
    if (inside && back?.isConnected) back.focus({ preventScroll: true });
  }

  /** @param {Event} event */
  const elsewhere = ({ target }) => {
    if (target instanceof Node && !element.contains(target) && !host.contains(target)) close();
  };
  document.addEventListener('pointerdown', elsewhere, { signal, capture: true });
  window.addEventListener('resize', () => close(), { signal });
  window.addEventListener('hashchange', () => close(), { signal });
  element.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      close();
    },
    { signal },
  );
  element.addEventListener(
    'focusout',
    ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !element.contains(relatedTarget)) close();
    },
    { signal },
  );
  place(element, anchor);

  return { close, replace: () => place(element, anchor), signal };
}

/** Below the anchor where there is room, else above; never over the edge. @param {HTMLElement} element @param {Anchor} anchor */
function place(element, anchor) {
  const box =
    anchor instanceof HTMLElement ? anchor.getBoundingClientRect() : new DOMRect(anchor.x, anchor.y, 0, 0);
  const { width, height } = element.getBoundingClientRect();
  const below = window.innerHeight - box.bottom - GAP - EDGE;
  const above = box.top - GAP - EDGE;
  const under = height <= below || below >= above;
  const room = Math.max(120, under ? below : above);
  element.style.maxHeight = `${room}px`;
  const tall = Math.min(height, room);
  const top = under ? box.bottom + GAP : box.top - GAP - tall;
  const left =
    anchor instanceof HTMLElement && box.left > window.innerWidth / 2 ? box.right - width : box.left;
  element.style.top = `${Math.max(EDGE, top)}px`;
  element.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - width - EDGE))}px`;
}
