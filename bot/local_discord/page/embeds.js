/** @import {Attachment, Embed} from './types.js' */
/** @import {Place} from './richtext.js' */
import { h, icon } from './dom.js';
import { safeUrl } from './inline.js';
import { messageTime } from './moments.js';
import { link, richText } from './richtext.js';

/** @param {Embed} embed @param {Place} place */
export function embedCard(embed, place) {
  const card = h('div', {
    class: 'embed',
    role: 'group',
    'aria-label': embed.title ? `Card: ${embed.title}` : 'Card',
  });
  if (typeof embed.color === 'number')
    card.style.setProperty('--bar', `#${embed.color.toString(16).padStart(6, '0')}`);
  const url = embed.url ? safeUrl(embed.url) : null;
  if (embed.author?.name) {
    const authorUrl = embed.author.url ? safeUrl(embed.author.url) : null;
    card.append(
      h('div', { class: 'embed-author' }, authorUrl ? link(authorUrl, embed.author.name) : embed.author.name),
    );
  }
  if (embed.title)
    card.append(h('div', { class: 'embed-title' }, url ? link(url, embed.title) : embed.title));
  if (embed.description) card.append(h('div', { class: 'embed-text' }, richText(embed.description, place)));
  if (embed.fields?.length) {
    card.append(
      h(
        'dl',
        { class: 'embed-fields' },
        embed.fields.map((field) =>
          h(
            'div',
            { class: field.inline ? 'embed-field inline' : 'embed-field' },
            h('dt', null, field.name),
            h('dd', null, richText(field.value, place)),
          ),
        ),
      ),
    );
  }
  for (const image of [embed.image, embed.thumbnail])
    if (image) card.append(picture(image.url, '', image.width, image.height));
  if (embed.footer?.text || embed.timestamp) {
    card.append(
      h(
        'div',
        { class: 'embed-footer' },
        embed.footer?.text,
        embed.footer?.text && embed.timestamp ? ' · ' : null,
        embed.timestamp && messageTime(embed.timestamp),
      ),
    );
  }
  return card;
}

/**
 * A picture that this machine serves; one from elsewhere is offered as a link, for the page asks nobody else.
 *
 * @param {string} url
 * @param {string} description
 * @param {number|null} [width]
 * @param {number|null} [height]
 * @returns {HTMLElement}
 */
export function picture(url, description, width, height) {
  const source = URL.parse?.(url, location.href) ?? null;
  if (source?.origin !== location.origin) {
    const out = safeUrl(url);
    return h('p', { class: 'picture-link' }, out ? link(out, description || 'Picture') : description);
  }
  return h('img', { class: 'picture', src: source.href, alt: description, loading: 'lazy', width, height });
}

/** @param {Attachment} attachment */
export function attachmentCard(attachment) {
  const source = URL.parse?.(attachment.url, location.href) ?? null;
  const href = source && (source.protocol === 'http:' || source.protocol === 'https:') ? source.href : null;
  if (attachment.content_type?.startsWith('image/') && !attachment.content_type.includes('svg')) {
    return picture(
      attachment.url,
      attachment.description ?? attachment.filename,
      attachment.width,
      attachment.height,
    );
  }
  return h(
    'div',
    { class: 'file' },
    icon('file'),
    h(
      'span',
      { class: 'file-name' },
      href ? h('a', { href, download: attachment.filename }, attachment.filename) : attachment.filename,
    ),
    h('span', { class: 'file-size' }, bytes(attachment.size)),
  );
}

/** @param {number} size */
function bytes(size) {
  if (size < 1024) return `${size} bytes`;
  if (size < 1024 ** 2) return `${(size / 1024).toFixed(1)} KB`;
  return `${(size / 1024 ** 2).toFixed(1)} MB`;
}
