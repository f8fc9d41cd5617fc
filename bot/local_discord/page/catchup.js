/** What came while one was somebody else, or away: how often one was mentioned in it. */
/** @import {Session} from './session.js' */
import { compareIds } from './snowflake.js';
import { isForum } from './types.js';

const CHANNELS = 20;
const MESSAGES = 100;

/** Count the mentions in what is unread, in the channels that were written to last. @param {Session} session */
export async function countMissed({ api, store }) {
  const unread = [...store.channels.values()]
    .filter((channel) => store.isUnread(channel.id) && !isForum(channel))
    .sort((a, b) => compareIds(b.last_message_id ?? '', a.last_message_id ?? ''))
    .slice(0, CHANNELS);
  for (const { id } of unread) {
    try {
      const missed = await api.messages(id, { after: store.marks.get(id), limit: MESSAGES });
      const count = missed.filter((message) => store.mentionsMe(message)).length;
      if (!count || !store.isUnread(id)) continue;
      store.mentions.set(id, count);
      store.emit('places');
    } catch {
      return; // it is unread all the same; only the number is missing
    }
  }
}
