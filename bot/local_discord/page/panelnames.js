/** What ids in the traffic are called: channels, bots and people, from the scene and from what passes. */
/** @import {Scene} from './types.js' */

const NAMED = ['CHANNEL_CREATE', 'CHANNEL_UPDATE', 'THREAD_CREATE', 'THREAD_UPDATE'];

export class Names {
  /** @type {Map<string, string>} */
  #channels = new Map();
  /** @type {Map<string, string>} */
  #users = new Map();

  /** @param {Scene} scene */
  fill(scene) {
    for (const person of scene.people) this.#users.set(person.id, person.global_name ?? person.username);
    for (const guild of scene.guilds) this.#guild(guild);
  }

  /** @param {any} guild */
  #guild(guild) {
    for (const channel of [...(guild.channels ?? []), ...(guild.threads ?? [])]) this.#channel(channel);
    for (const { user } of guild.members ?? []) this.#user(user);
  }

  /** @param {any} channel */
  #channel(channel) {
    if (channel?.id && channel.name) this.#channels.set(channel.id, channel.name);
  }

  /** @param {any} user */
  #user(user) {
    if (user?.id && user.username) this.#users.set(user.id, user.global_name ?? user.username);
  }

  /** Learn from a frame that passed. @param {string|null} event @param {any} d */
  hear(event, d) {
    if (event === 'GUILD_CREATE') this.#guild(d);
    else if (event === 'READY') this.#user(d?.user);
    else if (event && NAMED.includes(event)) this.#channel(d);
  }

  /** @param {string|null|undefined} id */
  channel = (id) => (id ? `#${this.#channels.get(id) ?? id}` : '');
  /** @param {string|null|undefined} id */
  user = (id) => (id ? (this.#users.get(id) ?? id) : '');
}
