/** Somebody new for the server, to be and to act as. */
/** @import {User} from './types.js' */
/** @import {Session} from './session.js' */
import { openForm } from './dialog.js';
import { h } from './dom.js';

const LONGEST_NAME = 32;

/** A user name out of a shown one: small letters, digits, and dots between words. @param {string} name */
export function userName(name) {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.+|\.+$/g, '')
    .slice(0, LONGEST_NAME);
  return plain.length > 1 ? plain : `person.${Date.now().toString(36)}`;
}

/** @param {Session} session @param {string} guild @param {(user: User) => void} onAdded */
export function askForPerson({ api, store }, guild, onAdded) {
  const name = h('input', { type: 'text', required: true, maxlength: LONGEST_NAME, autocomplete: 'off' });
  const roles = (store.guilds.get(guild)?.roles ?? [])
    .filter((role) => role.id !== guild && !role.managed)
    .map((role) => ({ role, box: h('input', { type: 'checkbox' }) }));
  openForm({
    title: `Add somebody to ${store.guilds.get(guild)?.name ?? 'the server'}`,
    action: 'Add and be them',
    parts: [
      h('label', { class: 'form-field' }, h('span', { class: 'form-label' }, 'Name'), name),
      roles.length > 0 &&
        h(
          'fieldset',
          { class: 'form-field' },
          h('legend', { class: 'form-label' }, 'Roles'),
          roles.map(({ role, box }) => h('label', { class: 'choice' }, box, role.name)),
        ),
    ],
    send: async () => {
      const chosen = roles.filter(({ box }) => box.checked).map(({ role }) => role.id);
      const shown = name.value.trim();
      const { user } = await api.addMember(guild, {
        name: userName(shown),
        global_name: shown,
        roles: chosen,
      });
      return () => onAdded(user);
    },
  });
  name.focus();
}
