/** The upper edge of the panel: drawn, or moved with the arrow keys, it gives the panel more or less of the page. */
import { h } from './dom.js';

const LEAST = 0.2;
const MOST = 0.85;
const STEP = 0.05;
export const USUAL = 0.45;

/** @param {number} height the panel's share of the page @param {(height: number) => void} onChange */
export function createSplitter(height, onChange) {
  const element = h('div', {
    class: 'panel-splitter',
    role: 'separator',
    tabindex: 0,
    'aria-orientation': 'horizontal',
    'aria-label': 'Height of the traffic panel',
    'aria-valuemin': LEAST * 100,
    'aria-valuemax': MOST * 100,
  });

  let before = USUAL;

  /** @param {number} to */
  function set(to) {
    height = Math.min(MOST, Math.max(LEAST, to));
    document.body.style.setProperty('--panel-height', `${height * 100}dvh`);
    element.setAttribute('aria-valuenow', String(Math.round(height * 100)));
  }

  element.addEventListener('keydown', (event) => {
    const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    set(height + by);
    onChange(height);
  });
  element.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    element.onpointermove = ({ clientY }) => set(1 - clientY / window.innerHeight);
    element.onlostpointercapture = () => {
      element.onpointermove = null;
      onChange(height);
    };
  });
  set(height);

  return {
    element,
    /** Nearly the whole page, or what it was before: for who cannot drag. */
    toggle() {
      const large = height < MOST;
      if (large) before = height;
      set(large ? MOST : before);
      onChange(height);
    },
    get large() {
      return height >= MOST;
    },
  };
}
