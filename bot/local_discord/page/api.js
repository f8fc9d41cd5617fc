/** @import {Application, Channel, Command, Message, Scene} from './types.js' */

const TIMEOUT_MS = 15_000;
const LONGEST_WAIT_S = 5;

/** A refused or failed request; `message` is the sentence to show. */
export class ApiError extends Error {
  /** @param {string} message @param {number} status 0 when there was no answer @param {number} [code] */
  constructor(message, status, code = 0) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Discord's own sentence out of an error body: the nested one of a form error, else the general one.
 *
 * @param {any} body
 * @param {number} status
 */
export function errorSentence(body, status) {
  const nested = firstNested(body?.errors);
  if (nested) return nested;
  return typeof body?.message === 'string' && body.message ? body.message : `The server answered ${status}.`;
}

/** @param {any} errors @returns {string|null} */
function firstNested(errors) {
  if (!errors || typeof errors !== 'object') return null;
  if (Array.isArray(errors._errors) && errors._errors[0]?.message) return String(errors._errors[0].message);
  for (const value of Object.values(errors)) {
    const found = firstNested(value);
    if (found) return found;
  }
  return null;
}

/** What a finished request gives when its answer is no use: a sentence for a person. @param {unknown} error */
export const sentence = (error) => (error instanceof Error ? error.message : String(error));

/**
 * The REST routes the page uses, as one member.
 *
 * @param {string} key
 * @param {string} member who is acting; empty for what needs no one
 */
export function createApi(key, member) {
  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {number} [attempt]
   * @returns {Promise<any>}
   */
  async function request(method, path, body, attempt = 0) {
    /** @type {Record<string, string>} */
    const headers = { 'X-Local-Key': key };
    if (member) headers['X-Local-Member'] = member;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let response;
    try {
      response = await fetch(path, {
        method,
        headers,
        cache: 'no-store',
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      throw new ApiError(late ? 'The server did not answer in time.' : 'The server cannot be reached.', 0);
    }
    const text = await response.text();
    const data = parse(text);
    if (response.status === 429 && attempt < 2 && Number(data?.retry_after) <= LONGEST_WAIT_S) {
      await new Promise((resolve) => setTimeout(resolve, Number(data.retry_after) * 1000));
      return request(method, path, body, attempt + 1);
    }
    if (!response.ok) throw new ApiError(errorSentence(data, response.status), response.status, data?.code);
    return data;
  }

  const v10 = '/api/v10';
  /** @param {string} channel @param {string} message @param {string} emoji */
  const reaction = (channel, message, emoji) =>
    `${v10}/channels/${channel}/messages/${message}/reactions/${encodeURIComponent(emoji)}/@me`;

  return {
    /** @returns {Promise<Scene>} */
    scene: () => request('GET', '/local/scene'),
    /** Newest first, as Discord gives them. @param {string} channel @param {{before?: string, limit?: number}} [page] @returns {Promise<Message[]>} */
    messages: (channel, { before, limit = 50 } = {}) =>
      request(
        'GET',
        `${v10}/channels/${channel}/messages?limit=${limit}${before ? `&before=${before}` : ''}`,
      ),
    /** @param {string} channel @param {{content: string, nonce: string, message_reference?: object}} body @returns {Promise<Message>} */
    send: (channel, body) => request('POST', `${v10}/channels/${channel}/messages`, body),
    /** @param {string} channel @param {string} message @param {string} content @returns {Promise<Message>} */
    edit: (channel, message, content) =>
      request('PATCH', `${v10}/channels/${channel}/messages/${message}`, { content }),
    /** @param {string} channel @param {string} message */
    remove: (channel, message) => request('DELETE', `${v10}/channels/${channel}/messages/${message}`),
    /** @param {string} channel @param {string} message @param {string} emoji */
    react: (channel, message, emoji) => request('PUT', reaction(channel, message, emoji)),
    /** @param {string} channel @param {string} message @param {string} emoji */
    unreact: (channel, message, emoji) => request('DELETE', reaction(channel, message, emoji)),
    /** @param {string} channel */
    typing: (channel) => request('POST', `${v10}/channels/${channel}/typing`),
    /** @param {string} guild @returns {Promise<{threads: Channel[]}>} */
    activeThreads: (guild) => request('GET', `${v10}/guilds/${guild}/threads/active`),
    /** @param {string} channel @returns {Promise<{applications: Application[], application_commands: Command[]}>} */
    commands: (channel) => request('GET', `${v10}/channels/${channel}/application-command-index`),
    /** @param {object} body */
    interact: (body) => request('POST', `${v10}/interactions`, body),
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */

/** @param {string} text */
function parse(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null; // an answer that is no JSON is told by its status
  }
}
