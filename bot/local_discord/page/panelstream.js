/**
 * The server's traffic as it comes. Entries wait as text until somebody takes them, so that a flood costs nothing while
 * nobody looks; of more than can be shown the oldest are let go.
 */

const MOST_WAITING = 4000;
const WRONG_KEY = 4004;
const TOO_SLOW = 4008;
const BACKOFF_MS = [250, 1000, 3000, 8000];

/** @typedef {'connecting'|'live'|'lost'|'refused'} StreamState */

/**
 * @param {string} key
 * @param {{onNews: () => void, onState: (state: StreamState) => void}} hooks
 */
export function createStream(key, { onNews, onState }) {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/local/traffic`;
  /** @type {WebSocket|null} */
  let socket = null;
  /** @type {string[]} */
  let waiting = [];
  let after = 0;
  let people = false;
  let wanted = false;
  let attempts = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let retry;

  function connect() {
    clearTimeout(retry);
    const mine = new WebSocket(url);
    socket = mine;
    onState('connecting');
    mine.onopen = () => {
      attempts = 0;
      mine.send(JSON.stringify({ key, after, people }));
      onState('live');
    };
    mine.onmessage = ({ data }) => {
      if (socket !== mine) return;
      waiting.push(data);
      if (waiting.length > 2 * MOST_WAITING) waiting = waiting.slice(-MOST_WAITING);
      onNews();
    };
    mine.onclose = ({ code }) => {
      if (socket !== mine) return;
      socket = null;
      remember();
      if (code === WRONG_KEY) return onState('refused');
      if (code === TOO_SLOW) return connect(); // more flowed than could be read; what is still held comes again
      onState('lost');
      retry = setTimeout(connect, BACKOFF_MS[Math.min(attempts++, BACKOFF_MS.length - 1)]);
    };
  }

  /** What was heard is not asked for again. */
  function remember() {
    const last = waiting[waiting.length - 1];
    if (last !== undefined) after = numberOf(last) ?? after;
  }

  function stop() {
    wanted = false;
    clearTimeout(retry);
    const old = socket;
    socket = null;
    old?.close(1000);
    remember();
  }

  return {
    get waiting() {
      return waiting.length;
    },
    /** Begin to listen, with or without what people at the page do. @param {boolean} withPeople */
    start(withPeople) {
      if (wanted && people === withPeople) return;
      if (wanted) stop();
      wanted = true;
      people = withPeople;
      connect();
    },
    stop,
    /** Everything that waits, oldest first. */
    take() {
      remember();
      const taken = waiting;
      waiting = [];
      return taken;
    },
    get heard() {
      return after;
    },
    /** Hear again what came after an entry, as far as the server still has it. @param {number} to */
    rewind(to) {
      stop();
      waiting = [];
      after = to;
    },
  };
}

/** @param {string} text @returns {number|null} */
function numberOf(text) {
  try {
    return Number(JSON.parse(text).number) || null;
  } catch {
    return null; // a line that is no JSON has no number; the one before it counts
  }
}
