/** What can be done about a person: mention them, write to them, and what apps offer. */
/** @import {Channel, User} from './types.js' */
/** @import {Session} from './session.js' */
import { addressOf } from './address.js';
import { toast } from './announcer.js';
import { FOR_PERSON, appItems } from './apps.js';
import { copy } from './clipboard.js';
import { openMenu } from './menu.js';
import { sentence } from './request.js';

/** Go to the direct messages with somebody. @param {Session} session @param {string} user */
export async function writeTo({ api, store, open }, user) {
  try {
    const channel = await api.openDirect(user);
    store.putChannel(channel);
    store.emit('places');
    open(addressOf(channel));
  } catch (error) {
    toast(sentence(error), 'error');
  }
}

/** @param {Session} session @param {Channel} channel @param {User} user @param {HTMLElement} anchor @param {(name: string) => void} onMention */
export function openUserMenu(session, channel, user, anchor, onMention) {
  const { store } = session;
  const guild = channel.guild_id ?? '';
  const name = store.nameOf(user, guild);
  const roles = store.rolesOf(guild, user.id).map((role) => role.name);
  const me = user.id === store.me;
  const menu = openMenu({
    label: name,
    anchor,
    back: anchor,
    items: [
      { heading: [name, ...(user.bot ? ['app'] : []), ...roles].join(' · ') },
      { label: 'Mention', icon: 'at', act: () => onMention(name) },
      !me && { label: `Write to ${name}`, icon: 'reply', act: () => void writeTo(session, user.id) },
      { label: 'Copy the ID', icon: 'copy', act: () => void copy(user.id) },
      { note: 'Looking for apps…' },
    ],
  });
  void appItems(session, channel, FOR_PERSON, user.id).then(menu.add);
}
