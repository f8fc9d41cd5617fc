/** The pinned messages of a channel, in a window: read them, go to them, take the pin off. */
/** @import {Channel, Message} from './types.js' */
/** @import {Session} from './session.js' */
import { addressOf } from './address.js';
import { toast } from './announcer.js';
import { openWindow } from './dialog.js';
import { h } from './dom.js';
import { authorName } from './message.js';
import { messageTime } from './moments.js';
import { pagedList } from './paged.js';
import { Permission, may } from './permissions.js';
import { sentence } from './request.js';
import { richText } from './richtext.js';

/** @typedef {{pinned_at: string, message: Message}} Pin */

/** @param {Session} session @param {Channel} channel */
export function showPins(session, channel) {
  const { api, store, highlight } = session;
  const guild = channel.guild_id ?? '';
  const mayUnpin = may(store, channel.id, Permission.pinMessages);

  /** @param {Pin} pin */
  function draw({ message }) {
    const others = [
      message.embeds?.length && 'a card',
      message.attachments?.length && `${message.attachments.length} file(s)`,
      message.components?.length && 'buttons or other parts',
    ].filter(Boolean);
    return h(
      'article',
      { class: 'pin' },
      h(
        'header',
        { class: 'pin-head' },
        h('h3', { class: 'author' }, authorName(message, session, guild)),
        messageTime(message.timestamp),
      ),
      message.content && richText(message.content, { store, guild, highlight }),
      others.length > 0 && h('p', { class: 'hint' }, `With ${others.join(' and ')}.`),
      h(
        'p',
        { class: 'pin-actions' },
        h(
          'a',
          { class: 'text-button', href: addressOf(channel, message.id), on: { click: () => dialog.close() } },
          'Jump to it',
        ),
        mayUnpin &&
          h(
            'button',
            { type: 'button', class: 'text-button', on: { click: () => void unpin(message) } },
            'Unpin',
          ),
      ),
    );
  }

  /** @param {Message} message */
  async function unpin(message) {
    try {
      await api.unpin(channel.id, message.id);
    } catch (error) {
      toast(sentence(error), 'error');
    }
  }

  const list = pagedList({
    label: 'Pinned messages',
    empty: 'Nothing is pinned here yet.',
    /** @param {Pin|undefined} last */
    read: async (last) => {
      const { items, has_more } = await api.pins(channel.id, last?.pinned_at);
      return { items, more: has_more };
    },
    draw,
  });
  const dialog = openWindow('Pinned messages', list.element);
  const stop = store.on(`pins:${channel.id}`, () => void list.again());
  dialog.addEventListener('close', stop);
  void list.next();
}
