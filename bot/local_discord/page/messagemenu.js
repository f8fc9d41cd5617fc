/** Everything that can be done about a message, as a menu. */
/** @import {Anchor} from './popup.js' */
/** @import {Message} from './types.js' */
/** @import {Session} from './session.js' */
import { addressOf, messageLink } from './address.js';
import { toast } from './announcer.js';
import { FOR_MESSAGE, appItems } from './apps.js';
import { copy } from './clipboard.js';
import { confirm } from './dialog.js';
import { openMenu } from './menu.js';
import { Permission, may, mayWrite } from './permissions.js';
import { sentence } from './request.js';
import { askForThread } from './threadform.js';
import { Flag, WRITTEN, has, isThread } from './types.js';

/** What is offered for a message: the same for its toolbar and its menu. @param {Session} session @param {Message} message */
export function offered({ store }, message) {
  const local = has(message, Flag.ephemeral) || has(message, Flag.loading);
  const channel = store.channels.get(message.channel_id);
  const closed = channel?.thread_metadata?.archived === true;
  const mine = message.author.id === store.me && !message.webhook_id;
  const written = WRITTEN.includes(message.type);
  /** @param {bigint} permission */
  const can = (permission) => may(store, message.channel_id, permission);
  return {
    react:
      !local &&
      !closed &&
      can(Permission.readHistory) &&
      (can(Permission.addReactions) || Boolean(message.reactions?.length)),
    reply: !local && written && mayWrite(store, message.channel_id),
    edit: mine && written && !local && !closed,
    remove: !local && !closed && (mine || can(Permission.manageMessages)),
    pin: !local && !closed && written && can(Permission.pinMessages),
    thread:
      !local &&
      written &&
      channel !== undefined &&
      !isThread(channel) &&
      Boolean(channel.guild_id) &&
      !has(message, Flag.hasThread) &&
      !store.channels.has(message.id) &&
      can(Permission.createPublicThreads),
    apps: !local && can(Permission.useCommands),
    link: !local,
  };
}

/** @param {Session} session @param {Message} message */
export async function removeMessage({ api }, message) {
  if (!(await confirm('Delete this message?', 'Delete', message.content.slice(0, 200)))) return;
  await tried(() => api.remove(message.channel_id, message.id));
}

/** @param {() => Promise<unknown>} act @param {string} [said] what is said when it went well */
async function tried(act, said) {
  try {
    await act();
    if (said) toast(said);
  } catch (error) {
    toast(sentence(error), 'error');
  }
}

/**
 * @param {Session} session
 * @param {Message} message
 * @param {{anchor: Anchor, back: HTMLElement|null, onReact: () => void, onReply: () => void, onEdit: () => void}} options
 */
export function openMessageMenu(session, message, { anchor, back, onReact, onReply, onEdit }) {
  const { store, api } = session;
  const can = offered(session, message);
  const channel = store.channels.get(message.channel_id);
  const { channel_id: at, id } = message;
  const menu = openMenu({
    label: 'Message actions',
    anchor,
    back,
    items: [
      can.react && { label: 'Add a reaction', icon: 'react', act: onReact },
      can.reply && { label: 'Reply', icon: 'reply', act: onReply },
      can.edit && { label: 'Edit', icon: 'edit', act: onEdit },
      can.thread && { label: 'Create a thread', icon: 'thread', act: () => startThread() },
      can.pin &&
        (message.pinned
          ? { label: 'Unpin', icon: 'pin', act: () => void tried(() => api.unpin(at, id), 'Unpinned') }
          : { label: 'Pin', icon: 'pin', act: () => void tried(() => api.pin(at, id), 'Pinned') }),
      message.content && { label: 'Copy the text', icon: 'copy', act: () => void copy(message.content) },
      can.link &&
        channel && { label: 'Copy the link', icon: 'link', act: () => void copy(messageLink(channel, id)) },
      { label: 'Copy the ID', icon: 'copy', act: () => void copy(id) },
      can.remove && {
        label: 'Delete',
        icon: 'trash',
        danger: true,
        act: () => void removeMessage(session, message),
      },
      can.apps && { note: 'Looking for apps…' },
    ],
  });
  if (can.apps && channel) void appItems(session, channel, FOR_MESSAGE, id).then(menu.add);

  function startThread() {
    if (!channel) return;
    askForThread(session, channel, { message, onMade: (thread) => session.open(addressOf(thread)) });
  }
}
