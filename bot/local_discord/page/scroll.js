/**
 * Where a reader is in a log. At the end they stay at the end while messages come in and grow; anywhere else the message
 * at the top of their view does not move, whatever is added, edited or removed around it.
 */

const CLOSE_ENOUGH = 48;

/** @param {HTMLElement} box the element that scrolls @param {HTMLElement} content what grows in it */
export function keepPlace(box, content) {
  let atEnd = true;
  /** @type {(() => void)|null} */
  let onMove = null;

  const measure = () => {
    atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < CLOSE_ENOUGH;
  };
  const toEnd = () => {
    box.scrollTop = box.scrollHeight;
    atEnd = true;
    onMove?.();
  };
  box.addEventListener(
    'scroll',
    () => {
      measure();
      onMove?.();
    },
    { passive: true },
  );
  const observer = new ResizeObserver(() => {
    if (atEnd) box.scrollTop = box.scrollHeight;
  });
  observer.observe(content);
  observer.observe(box);

  return {
    get atEnd() {
      return atEnd;
    },
    /** @param {() => void} listener */
    set onMove(listener) {
      onMove = listener;
    },
    toEnd,
    /** How far it is to the end, in pixels. */
    get toGo() {
      return box.scrollHeight - box.scrollTop - box.clientHeight;
    },
    /** Stop following the end, for something else is to be shown. */
    leaveEnd() {
      atEnd = false;
    },
    /** Change the content without moving what is being read. @param {() => void} change */
    during(change) {
      if (atEnd) {
        change();
        box.scrollTop = box.scrollHeight;
        return;
      }
      const top = box.getBoundingClientRect().top;
      const anchor = [...content.children].find((child) => child.getBoundingClientRect().bottom > top);
      const before = anchor?.getBoundingClientRect().top ?? 0;
      change();
      if (anchor?.isConnected) box.scrollTop += anchor.getBoundingClientRect().top - before;
      measure();
    },
    stop: () => observer.disconnect(),
  };
}
