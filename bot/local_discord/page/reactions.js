/** @import {Emoji, Message} from './types.js' */
/** @import {Session} from './session.js' */
import { toast } from './announcer.js';
import { h } from './dom.js';
import { sentence } from './request.js';
import { emojiKey, emojiPath } from './timeline.js';
import { tooltip } from './tooltip.js';

const NAMED = 8;
const COUNT = new Intl.NumberFormat();

/** A pill for each reaction, to join or leave. @param {Session} session @param {Message} message @param {string} guild @returns {Node[]} */
export function reactionPills(session, message, guild) {
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
      h('span', { class: 'count' }, COUNT.format(count)),
    );
    pill.addEventListener('click', () => void toggleReaction(session, message, emojiPath(emoji), !me));
    tooltip(pill, () => whoReacted(session, message, guild, emoji, count));
    return pill;
  });
}

/** @param {Session} session @param {Message} message @param {string} guild @param {Emoji} emoji @param {number} count */
async function whoReacted({ api, store }, message, guild, emoji, count) {
  try {
    const users = await api.reacted(message.channel_id, message.id, emojiPath(emoji), NAMED);
    const names = users.map((user) => store.nameOf(user, guild));
    const more = count - names.length;
    if (more > 0) names.push(`${COUNT.format(more)} more`);
    return names.length ? `${listed(names)} reacted with ${emoji.id ? `:${emoji.name}:` : emoji.name}` : '';
  } catch (error) {
    return sentence(error);
  }
}

/** @param {string[]} names */
const listed = (names) => new Intl.ListFormat('en', { type: 'conjunction' }).format(names);

/** @param {Session} session @param {Message} message @param {string} emoji @param {boolean} on */
export async function toggleReaction({ api }, message, emoji, on) {
  try {
    await (on ? api.react : api.unreact)(message.channel_id, message.id, emoji);
  } catch (error) {
    toast(sentence(error), 'error');
  }
}
