/** @import {Message} from './types.js' */
/** @import {Session} from './session.js' */
import { toast } from './announcer.js';
import { sentence } from './api.js';
import { h } from './dom.js';
import { emojiKey, emojiPath } from './timeline.js';

/** A pill for each reaction, to join or leave. @param {Session} session @param {Message} message @returns {Node[]} */
export function reactionPills(session, message) {
  if (!message.reactions?.length) return [];
  return message.reactions.map(({ emoji, count, me }) => {
    const label = emoji.id ? `:${emoji.name}:` : emoji.name;
    const pill = h(
      'button',
      {
        type: 'button',
        class: 'reaction',
        'aria-pressed': String(me),
        'aria-label': `${label}, ${count} ${count === 1 ? 'reaction' : 'reactions'}`,
        data: { key: `r${emojiKey(emoji)}` },
      },
      h('span', { class: 'emoji' }, label),
      h('span', { class: 'count' }, count),
    );
    pill.addEventListener('click', () => toggleReaction(session, message, emojiPath(emoji), !me));
    return pill;
  });
}

/** @param {Session} session @param {Message} message @param {string} emoji @param {boolean} on */
export async function toggleReaction({ api }, message, emoji, on) {
  try {
    await (on ? api.react : api.unreact)(message.channel_id, message.id, emoji);
  } catch (error) {
    toast(sentence(error), 'error');
  }
}
