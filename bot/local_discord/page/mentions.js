/** Naming people and roles in a text: `@name` while it is written, `<@id>` when it is sent. */
/** @import {Store} from './store.js' */

/** @typedef {{name: string, tag: string, detail: string}} Mentionable */

/** Whom a text in a server can name. @param {Store} store @param {string} guild @returns {Mentionable[]} */
export function mentionables(store, guild) {
  const people = [...(store.members.get(guild)?.values() ?? [])].flatMap(({ user }) =>
    user
      ? [
          {
            name: store.nameOf(user, guild),
            tag: `<@${user.id}>`,
            detail: user.bot ? 'app' : (store.topRole(guild, user.id)?.name ?? ''),
          },
        ]
      : [],
  );
  const roles = (store.guilds.get(guild)?.roles ?? [])
    .filter((role) => role.id !== guild && !role.managed)
    .map((role) => ({ name: role.name, tag: `<@&${role.id}>`, detail: 'role' }));
  return [...people, ...roles];
}

/** The `@…` that is being written at the caret, if one is. @param {string} text @param {number} caret */
export function begun(text, caret) {
  const found = /(?:^|\s)@([\p{L}\p{N}_.-]{0,32})$/u.exec(text.slice(0, caret));
  return found ? { query: (found[1] ?? '').toLowerCase(), start: caret - (found[1] ?? '').length - 1 } : null;
}

/** The text as it is sent; the longest name wins. @param {string} text @param {Mentionable[]} all */
export function withTags(text, all) {
  const byLength = [...all].sort((a, b) => b.name.length - a.name.length);
  // code stays as it was written
  return text
    .split(/(```[\s\S]*?```|`[^`\n]*`)/)
    .map((part, index) => (index % 2 ? part : tagged(part, byLength)))
    .join('');
}

/** @param {string} text @param {Mentionable[]} byLength */
function tagged(text, byLength) {
  let out = '';
  for (let i = 0; i < text.length;) {
    const boundary = i === 0 || /[\s(,]/.test(text[i - 1] ?? ' ');
    const rest = text.slice(i + 1).toLowerCase();
    const hit =
      text[i] === '@' && boundary
        ? byLength.find(
            ({ name }) =>
              rest.startsWith(name.toLowerCase()) && !/[\p{L}\p{N}_]/u.test(rest[name.length] ?? ' '),
          )
        : undefined;
    out += hit ? hit.tag : text[i];
    i += hit ? hit.name.length + 1 : 1;
  }
  return out;
}

/** The text as it was written, for editing what was sent. @param {string} text @param {Mentionable[]} all */
export function withNames(text, all) {
  return all.reduce((left, { tag, name }) => left.replaceAll(tag, `@${name}`), text);
}
