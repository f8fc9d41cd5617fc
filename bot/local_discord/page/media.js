/** Pictures and files, as attachments, in cards and in layouts. */
/** @import {Attachment} from './types.js' */
import { h, icon } from './dom.js';
import { safeUrl } from './inline.js';
import { link } from './richtext.js';

const SPOILER = /^SPOILER_/;
const UPLOADED = 'attachment://';

/** Where a card or layout means a file of its own message by name, that file's address. @param {string} url @param {Attachment[]} attachments */
export function resolved(url, attachments) {
  if (!url.startsWith(UPLOADED)) return url;
  return attachments.find((file) => file.filename === url.slice(UPLOADED.length))?.url ?? url;
}

/** @param {Attachment} file */
export const isPicture = ({ content_type = '' }) => /^image\/(png|jpeg|gif|webp)\b/.test(content_type);

/**
 * A picture that this machine serves; one from elsewhere is offered as a link, for the page asks nobody else.
 *
 * @param {string} url
 * @param {string} description
 * @param {{width?: number|null|undefined, height?: number|null|undefined, spoiler?: boolean|undefined}} [options]
 * @returns {HTMLElement}
 */
export function picture(url, description, { width, height, spoiler = false } = {}) {
  const source = URL.parse?.(url, location.href) ?? null;
  if (source?.origin !== location.origin) {
    const out = safeUrl(url);
    return h('p', { class: 'picture-link' }, out ? link(out, description || 'Picture') : description);
  }
  const image = h('img', {
    class: 'picture',
    src: source.href,
    alt: description,
    loading: 'lazy',
    width,
    height,
  });
  image.addEventListener('error', () =>
    image.replaceWith(h('p', { class: 'picture-link' }, description || 'A picture that cannot be shown')),
  );
  const whole = h(
    'a',
    {
      class: 'picture-frame',
      href: source.href,
      target: '_blank',
      rel: 'noopener',
      title: description || null,
    },
    image,
    description ? null : h('span', { class: 'visually-hidden' }, 'Picture without a description'),
  );
  return spoiler ? covered(whole) : whole;
}

/** What is shown only when asked for. @param {HTMLElement} inner @returns {HTMLElement} */
export function covered(inner) {
  inner.inert = true;
  const show = h('button', { type: 'button', class: 'button secondary cover-button' }, 'Show the spoiler');
  const cover = h('div', { class: 'cover' }, inner, show);
  show.addEventListener('click', () => {
    inner.inert = false;
    cover.classList.add('open');
    show.remove();
  });
  return cover;
}

/** @param {Attachment} file */
export function attachmentCard(file) {
  const spoiler = SPOILER.test(file.filename);
  if (isPicture(file)) {
    const { width, height } = file;
    return picture(file.url, file.description ?? file.filename, { width, height, spoiler });
  }
  const card = fileCard(file.filename, file.url, file.size, file.description);
  return spoiler ? covered(card) : card;
}

/** @param {string} name @param {string} url @param {number|null|undefined} size @param {string} [description] */
export function fileCard(name, url, size, description) {
  const source = URL.parse?.(url, location.href) ?? null;
  const href = source && (source.protocol === 'http:' || source.protocol === 'https:') ? source.href : null;
  return h(
    'div',
    { class: 'file' },
    icon('file'),
    h('span', { class: 'file-name' }, href ? h('a', { href, download: name }, name) : name),
    size ? h('span', { class: 'file-size' }, bytes(size)) : null,
    description && h('span', { class: 'file-size' }, description),
  );
}

/** @param {number} size */
export function bytes(size) {
  if (size < 1024) return `${size} bytes`;
  if (size < 1024 ** 2) return `${(size / 1024).toFixed(1)} KB`;
  return `${(size / 1024 ** 2).toFixed(1)} MB`;
}
