/** A face for everyone: their picture where the server has one, else initials on a colour that stays theirs. */
/** @import {User} from './types.js' */
import { h } from './dom.js';

const TONES = 8;

/** @param {string} name */
export function initials(name) {
  const words = name
    .replace(/[^\p{L}\p{N}\s]/gu, ' ')
    .split(/\s+/)
    .filter(Boolean);
  const letters =
    words.length > 1
      ? [words[0], words[words.length - 1]].map((word) => [...(word ?? '')][0])
      : [...(words[0] ?? '?')].slice(0, 1);
  return letters.join('').toLocaleUpperCase();
}

/** A number below `TONES` that depends on the name alone. @param {string} name */
export function tone(name) {
  let hash = 2166136261;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0;
  return hash % TONES;
}

/** @param {User} user @param {string} name as shown @param {{round?: boolean}} [options] people are round, programs are not */
export function avatar(user, name, { round = true } = {}) {
  const face = h(
    'span',
    { class: `avatar tone-${tone(user.username)}${round ? '' : ' app-face'}`, 'aria-hidden': 'true' },
    initials(name),
  );
  if (user.avatar) {
    const image = h('img', {
      src: `/avatars/${user.id}/${user.avatar}.png`,
      alt: '',
      loading: 'lazy',
      width: 40,
      height: 40,
    });
    image.addEventListener('load', () => face.classList.add('pictured'));
    image.addEventListener('error', () => image.remove());
    face.append(image);
  }
  return face;
}
