/**
 * The live line: Discord's gateway protocol over one websocket, with heartbeat, resume and reconnect.
 *
 * A lost connection is resumed (missed events are replayed by the server); where that is refused the page identifies
 * anew and is told everything again.
 */

const Op = Object.freeze({
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalidSession: 9,
  hello: 10,
  ack: 11,
});
const CLOSE_AUTHENTICATION_FAILED = 4004;
const CLOSE_ZOMBIE = 4900;
const BACKOFF_MS = [250, 500, 1000, 2000, 4000, 8000];

/** @typedef {'connecting'|'ready'|'lost'|'refused'} LineState */

/**
 * @param {{url: string, token: string, onEvent: (type: string, data: any) => void, onState: (state: LineState) => void}} options
 */
export function createGateway({ url, token, onEvent, onState }) {
  /** @type {WebSocket|null} */
  let socket = null;
  let sessionId = '';
  /** @type {number|null} */
  let sequence = null;
  let attempts = 0;
  let closed = false;
  let acknowledged = true;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let beat;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let retry;

  /** @param {number} op @param {unknown} d */
  const send = (op, d) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ op, d, s: null, t: null }));
  };

  /** @param {number} interval */
  function heartbeat(interval) {
    clearTimeout(beat);
    if (!acknowledged) {
      drop(); // half-open: nothing came back since the last beat
      return;
    }
    acknowledged = false;
    send(Op.heartbeat, sequence);
    beat = setTimeout(() => heartbeat(interval), interval);
  }

  function greet() {
    if (sessionId) send(Op.resume, { token, session_id: sessionId, seq: sequence ?? 0 });
    else {
      send(Op.identify, {
        token,
        intents: 0,
        properties: { os: 'browser', browser: 'cogswarm-page', device: 'cogswarm-page' },
      });
    }
  }

  /** @param {{op: number, d: any, s: number|null, t: string|null}} frame */
  function receive(frame) {
    if (frame.s !== null && frame.s !== undefined) sequence = frame.s;
    switch (frame.op) {
      case Op.hello: {
        acknowledged = true;
        const interval = Number(frame.d?.heartbeat_interval) || 41_250;
        clearTimeout(beat);
        beat = setTimeout(() => heartbeat(interval), interval * Math.random());
        greet();
        break;
      }
      case Op.ack:
        acknowledged = true;
        break;
      case Op.heartbeat:
        send(Op.heartbeat, sequence);
        break;
      case Op.reconnect:
        drop();
        break;
      case Op.invalidSession:
        if (!frame.d) forget();
        drop();
        break;
      case Op.dispatch:
        if (frame.t === 'READY') sessionId = frame.d.session_id;
        if (frame.t === 'READY' || frame.t === 'RESUMED') {
          attempts = 0;
          onState('ready');
        }
        onEvent(frame.t ?? '', frame.d);
        break;
    }
  }

  function forget() {
    sessionId = '';
    sequence = null;
  }

  /** Let go of the socket, whose end may never be heard, and come back. */
  function drop() {
    const old = socket;
    socket = null;
    old?.close(CLOSE_ZOMBIE);
    again();
  }

  function again() {
    clearTimeout(beat);
    onState('lost');
    clearTimeout(retry);
    const ceiling = BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length - 1)] ?? 8000;
    attempts += 1;
    retry = setTimeout(connect, ceiling * (0.5 + Math.random() / 2));
  }

  function connect() {
    clearTimeout(retry);
    if (closed || socket) return;
    const mine = new WebSocket(url);
    socket = mine;
    mine.onmessage = ({ data }) => {
      if (socket !== mine) return;
      receive(JSON.parse(data));
    };
    mine.onclose = ({ code }) => {
      if (socket !== mine) return;
      socket = null;
      if (code === CLOSE_AUTHENTICATION_FAILED) {
        closed = true;
        clearTimeout(beat);
        onState('refused');
        return;
      }
      // 4007 and 4009: the session cannot be taken up again
      if (code === 4007 || code === 4009) forget();
      again();
    };
  }

  const online = () => {
    if (!socket) connect();
  };
  window.addEventListener('online', online);
  onState('connecting');
  connect();

  return {
    get sessionId() {
      return sessionId;
    },
    close() {
      closed = true;
      clearTimeout(beat);
      clearTimeout(retry);
      window.removeEventListener('online', online);
      const old = socket;
      socket = null;
      old?.close(1000);
    },
  };
}
