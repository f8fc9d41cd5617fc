/** @import {Attachment, Embed, Message} from './types.js' */
/** @import {Place} from './richtext.js' */
import { h } from './dom.js';
import { safeUrl } from './inline.js';
import { picture, resolved } from './media.js';
import { messageTime } from './moments.js';
import { link, oneLine, richText } from './richtext.js';
import { Flag, MessageType, has } from './types.js';

/** The cards of a message. @param {Message} message @param {Place} place */
export function embedCards(message, place) {
  if (has(message, Flag.suppressEmbeds) || message.type === MessageType.pollResult) return [];
  return (message.embeds ?? []).map((embed) => embedCard(embed, message.attachments ?? [], place));
}

/** Which files a message's cards show, so that they are not shown twice. @param {Message} message */
export function filesInCards(message) {
  const urls = (message.embeds ?? []).flatMap((embed) => [
    embed.image?.url,
    embed.thumbnail?.url,
    embed.author?.icon_url,
    embed.footer?.icon_url,
  ]);
  return new Set(
    urls.filter((url) => url !== undefined).map((url) => resolved(url, message.attachments ?? [])),
  );
}

/** @param {Embed} embed @param {Attachment[]} files @param {Place} place */
function embedCard(embed, files, place) {
  const { author, title, description, fields, footer, image, thumbnail, provider, timestamp } = embed;
  const card = h('div', {
    class: thumbnail ? 'embed with-thumbnail' : 'embed',
    role: 'group',
    'aria-label': title ? `Card: ${title}` : 'Card',
  });
  if (typeof embed.color === 'number')
    card.style.setProperty('--bar', `#${embed.color.toString(16).padStart(6, '0')}`);
  const out = (/** @type {string|undefined} */ url) => (url ? safeUrl(url) : null);
  /** @param {string|undefined} url @param {(Node|string)[]|string} text */
  const maybeLink = (url, text) => {
    const href = out(url);
    return href ? link(href, text) : text;
  };
  const parts = [
    provider?.name && h('div', { class: 'embed-provider' }, maybeLink(provider.url, provider.name)),
    author?.name &&
      h('div', { class: 'embed-author' }, small(author.icon_url, files), maybeLink(author.url, author.name)),
    title && h('div', { class: 'embed-title' }, maybeLink(embed.url, oneLine(title, place))),
    description && h('div', { class: 'embed-text' }, richText(description, place)),
    fields?.length &&
      h(
        'dl',
        { class: 'embed-fields' },
        fields.map((field) =>
          h(
            'div',
            { class: field.inline ? 'embed-field inline' : 'embed-field' },
            h('dt', null, oneLine(field.name, place)),
            h('dd', null, richText(field.value, place)),
          ),
        ),
      ),
    image && picture(resolved(image.url, files), image.description ?? '', image),
    (footer?.text || timestamp) &&
      h(
        'div',
        { class: 'embed-footer' },
        small(footer?.icon_url, files),
        footer?.text,
        footer?.text && timestamp ? ' · ' : null,
        timestamp && messageTime(timestamp),
      ),
  ];
  card.append(...parts.filter((part) => part instanceof HTMLElement));
  if (thumbnail)
    card.append(
      h(
        'div',
        { class: 'embed-thumbnail' },
        picture(resolved(thumbnail.url, files), thumbnail.description ?? '', thumbnail),
      ),
    );
  return card;
}

/** A small picture before a name, where this machine serves it. @param {string|undefined} url @param {Attachment[]} files */
function small(url, files) {
  const source = url ? (URL.parse?.(resolved(url, files), location.href) ?? null) : null;
  if (source?.origin !== location.origin) return null;
  return h('img', { class: 'embed-icon', src: source.href, alt: '', loading: 'lazy', width: 20, height: 20 });
}
