/** Starting a thread: from a message, or by itself. */
/** @import {Channel, Message} from './types.js' */
/** @import {Session} from './session.js' */
import { openForm } from './dialog.js';
import { h } from './dom.js';
import { Permission, may } from './permissions.js';
import { ChannelType } from './types.js';

const LONGEST_NAME = 100;
const DAY_MINUTES = 1440;

/** @param {Message|null} message @param {string} text */
const suggested = (message, text) =>
  (message ? text.split('\n')[0]?.slice(0, LONGEST_NAME).trim() : '') ?? '';

/**
 * Ask for a thread's name and start it.
 *
 * @param {Session} session
 * @param {Channel} channel
 * @param {{message?: Message|null, onMade: (thread: Channel) => void}} options `message` is what it begins with
 */
export function askForThread({ api, store }, channel, { message = null, onMade }) {
  const name = h('input', { type: 'text', required: true, maxlength: LONGEST_NAME, autocomplete: 'off' });
  name.value = suggested(message, message?.content ?? '');
  const hidden = h('input', { type: 'checkbox' });
  openForm({
    title: 'Create a thread',
    action: 'Create the thread',
    parts: [
      message &&
        h(
          'p',
          { class: 'hint' },
          'It begins with this message: ',
          h('q', null, message.content.slice(0, 120)),
        ),
      h('label', { class: 'form-field' }, h('span', { class: 'form-label' }, 'Name'), name),
      !message &&
        may(store, channel.id, Permission.createPrivateThreads) &&
        channel.type === ChannelType.text &&
        h('label', { class: 'choice' }, hidden, 'Private: only people who are mentioned in it see it'),
    ],
    send: async () => {
      const thread = await api.startThread(channel.id, message?.id ?? null, {
        name: name.value.trim(),
        auto_archive_duration: channel.default_auto_archive_duration ?? DAY_MINUTES,
        ...(message ? {} : { type: kind(channel, hidden.checked) }),
      });
      store.putChannel(thread);
      store.emit('places');
      return () => onMade(thread);
    },
  });
  name.select();
}

/** @param {Channel} channel @param {boolean} hidden */
function kind(channel, hidden) {
  if (channel.type === ChannelType.announcement) return ChannelType.announcementThread;
  return hidden ? ChannelType.privateThread : ChannelType.publicThread;
}
