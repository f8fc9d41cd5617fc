/** One request to the local server and what became of it. */

const TIMEOUT_MS = 15_000;
const UPLOAD_TIMEOUT_MS = 120_000;
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

/** @typedef {{status: number, text: string}} Answer */
/** @typedef {{files?: File[], onProgress?: (share: number) => void}} Upload `share` is between 0 and 1 */
/** @typedef {(method: string, path: string, body?: unknown, upload?: Upload) => Promise<any>} Request */

/** Requests as one member. @param {string} key @param {string} member who is acting; empty for what needs no one @returns {Request} */
export function createRequest(key, member) {
  /** @type {Record<string, string>} */
  const headers = member ? { 'X-Local-Key': key, 'X-Local-Member': member } : { 'X-Local-Key': key };

  /** @param {string} method @param {string} path @param {unknown} body @param {Upload} upload @param {number} attempt @returns {Promise<any>} */
  async function request(method, path, body, upload, attempt) {
    const { status, text } = upload.files?.length
      ? await uploaded(method, path, headers, body, upload)
      : await plain(method, path, headers, body);
    const data = parse(text);
    if (status === 429 && attempt < 2 && Number(data?.retry_after) <= LONGEST_WAIT_S) {
      await new Promise((resolve) => setTimeout(resolve, Number(data.retry_after) * 1000));
      return request(method, path, body, upload, attempt + 1);
    }
    if (status < 200 || status > 299) throw new ApiError(errorSentence(data, status), status, data?.code);
    return data;
  }

  return (method, path, body, upload = {}) => request(method, path, body, upload, 0);
}

const late = () => new ApiError('The server did not answer in time.', 0);
const unreachable = () => new ApiError('The server cannot be reached.', 0);

/** @param {string} method @param {string} path @param {Record<string, string>} headers @param {unknown} body @returns {Promise<Answer>} */
async function plain(method, path, headers, body) {
  try {
    const response = await fetch(path, {
      method,
      headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
      cache: 'no-store',
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw error instanceof DOMException && error.name === 'TimeoutError' ? late() : unreachable();
  }
}

/**
 * A body with files, as Discord takes them: `payload_json` and `files[n]`. Only the older kind of request tells how far
 * it has come.
 *
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {unknown} body
 * @param {Upload} upload
 * @returns {Promise<Answer>}
 */
function uploaded(method, path, headers, body, { files = [], onProgress }) {
  const form = new FormData();
  form.append('payload_json', JSON.stringify(body));
  files.forEach((file, index) => form.append(`files[${index}]`, file, file.name));
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(method, path);
    for (const [name, value] of Object.entries(headers)) call.setRequestHeader(name, value);
    call.timeout = UPLOAD_TIMEOUT_MS;
    call.upload.onprogress = ({ loaded, total }) => onProgress?.(total ? loaded / total : 0);
    call.onload = () => resolve({ status: call.status, text: call.responseText });
    call.onerror = () => reject(unreachable());
    call.ontimeout = () => reject(late());
    call.send(form);
  });
}

/** @param {string} text */
function parse(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null; // an answer that is no JSON is told by its status
  }
}
