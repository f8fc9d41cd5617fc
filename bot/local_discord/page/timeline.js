/** @import {Emoji, Message, Pending} from './types.js' */
import { withVote } from './pollcount.js';
import { compareIds } from './snowflake.js';

/** How emoji are compared: custom ones by id, others by character without the variation selector. @param {Emoji} emoji */
export const emojiKey = (emoji) => emoji.id ?? emoji.name.replaceAll('\ufe0f', '');

/** What a reaction route takes. @param {Emoji} emoji */
export const emojiPath = (emoji) => (emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name);

/** @typedef {{type: 'create'|'update'|'delete'|'react', apply: () => void}} Step */

/** How many messages are held: what is further away is let go of and fetched again. */
export const MOST_HELD = 400;
const SLACK = 100;

/** @typedef {'newest'|'older'|'newer'|'around'} Way which page of history */

/**
 * A stretch of one channel's messages, oldest first, and what waits to become one. It mostly ends with the newest one;
 * after a jump far back, or a long way up, it does not: then it is `detached` and new messages are not added.
 *
 * While a page of history is being fetched, live events are applied and also kept, and applied again on top of what was
 * fetched: an edit or deletion that overtakes the answer is not undone by it.
 */
export class Timeline {
  /** @type {Message[]} */
  messages = [];
  /** @type {Pending[]} */
  pending = [];
  loaded = false;
  /** Nothing older is left to fetch. */
  complete = false;
  /** There are newer messages than those here. */
  detached = false;
  /** @type {Step[]|null} */
  #journal = null;

  /** @param {string} id */
  get(id) {
    return this.messages.find((message) => message.id === id);
  }

  /** @returns {Message|undefined} */
  get newest() {
    return this.messages[this.messages.length - 1];
  }

  /** @param {Message} message */
  create(message) {
    this.#record('create', () => this.#put(message));
  }

  /** Change fields of a message that is here; others are none of our business. @param {Partial<Message> & {id: string}} change */
  update(change) {
    this.#record('update', () => this.#change(change.id, (old) => ({ ...old, ...change })));
  }

  /** @param {string} id */
  remove(id) {
    this.#record('delete', () => {
      this.messages = this.messages.filter((message) => message.id !== id);
    });
  }

  /** Put one reaction on or off. @param {string} id @param {Emoji} emoji @param {1|-1} by @param {boolean} mine */
  react(id, emoji, by, mine) {
    this.#record('react', () =>
      this.#change(id, (old) => ({ ...old, reactions: counted(old.reactions ?? [], emoji, by, mine) })),
    );
  }

  /** Count a vote in a poll, or one less. @param {string} id @param {number} answer @param {1|-1} by @param {boolean} mine */
  vote(id, answer, by, mine) {
    this.#record('react', () =>
      this.#change(id, (old) =>
        old.poll ? { ...old, poll: withVote(old.poll, answer, by, mine) } : old,
      ),
    );
  }

  /** @param {string} id @param {Emoji|null} emoji all of this one, or all there are */
  clearReactions(id, emoji) {
    this.#record('react', () =>
      this.#change(id, (old) => ({
        ...old,
        reactions: emoji ? (old.reactions ?? []).filter((r) => emojiKey(r.emoji) !== emojiKey(emoji)) : [],
      })),
    );
  }

  startFetch() {
    this.#journal = [];
  }

  /** The fetch failed: what was kept is already applied. */
  failFetch() {
    this.#journal = null;
  }

  /**
   * Take in a page of history, newest first. An `older` or `newer` page is joined to what is here; one `around` a message
   * takes its place. The newest page replaces what it covers; what is older stays where the two meet, and goes where
   * messages are missing between them. Messages that only this person sees stay, for the server does not list them.
   *
   * @param {Message[]} page
   * @param {{way?: Way, limit: number, local: (message: Message) => boolean, newest?: string|null}} options `newest` is
   *   the id of the channel's last message, which tells whether a page around another reaches it
   */
  finishFetch(page, { way = 'newest', limit, local, newest }) {
    // Reactions are not applied again: the fetched count may already hold them.
    const repeat = (this.#journal ?? []).filter((step) => step.type !== 'react');
    this.#journal = null;
    const fetched = [...page].reverse();
    if (way === 'older') this.#joinOlder(fetched, page.length < limit);
    else if (way === 'newer') this.#joinNewer(fetched, page.length < limit);
    else if (way === 'around') this.#replace(fetched, newest ?? '');
    else this.#takeNewest(fetched, page.length < limit, local);
    for (const step of repeat) step.apply();
  }

  /** @param {Message[]} fetched @param {boolean} all */
  #joinOlder(fetched, all) {
    this.messages = merge(fetched, this.messages);
    this.complete = all;
    if (this.messages.length <= MOST_HELD) return;
    this.messages = this.messages.slice(0, MOST_HELD);
    this.detached = true;
  }

  /** @param {Message[]} fetched @param {boolean} all */
  #joinNewer(fetched, all) {
    this.messages = merge(this.messages, fetched);
    if (all) this.detached = false;
    this.#letGoOfOldest();
  }

  /** @param {Message[]} fetched @param {string} newest */
  #replace(fetched, newest) {
    this.messages = fetched;
    this.complete = false;
    this.loaded = true;
    this.detached = compareIds(this.newest?.id ?? '', newest) < 0;
  }

  /** @param {Message[]} fetched @param {boolean} all @param {(message: Message) => boolean} local */
  #takeNewest(fetched, all, local) {
    const start = fetched[0]?.id;
    const before = start ? this.messages.filter((message) => compareIds(message.id, start) < 0) : [];
    const meets = this.loaded && !this.detached && before.length < this.messages.length && before.length > 0;
    this.messages = merge(
      this.messages.filter((message) => local(message) || (meets && before.includes(message))),
      fetched,
    );
    if (!meets) this.complete = all;
    this.loaded = true;
    this.detached = false;
  }

  #letGoOfOldest() {
    if (this.messages.length <= MOST_HELD) return;
    this.messages = this.messages.slice(-MOST_HELD);
    this.complete = false;
  }

  /** @param {Pending} pending */
  addPending(pending) {
    this.pending = [...this.pending, pending];
  }

  /** @param {string} nonce @param {Partial<Pending>} change */
  changePending(nonce, change) {
    this.pending = this.pending.map((p) => (p.nonce === nonce ? { ...p, ...change } : p));
  }

  /** @param {string} nonce */
  removePending(nonce) {
    this.pending = this.pending.filter((p) => p.nonce !== nonce);
  }

  /** @param {Step['type']} type @param {() => void} apply */
  #record(type, apply) {
    apply();
    this.#journal?.push({ type, apply });
  }

  /** @param {Message} message */
  #put(message) {
    if (message.nonce !== undefined) this.removePending(String(message.nonce));
    const known = this.messages.findIndex((m) => m.id === message.id);
    if (known >= 0) {
      this.messages = this.messages.with(known, { ...this.messages[known], ...message });
      return;
    }
    if (this.detached && compareIds(message.id, this.newest?.id ?? '') > 0) return;
    let at = this.messages.length;
    while (at > 0 && compareIds(/** @type {Message} */ (this.messages[at - 1]).id, message.id) > 0) at -= 1;
    this.messages = this.messages.toSpliced(at, 0, message);
    if (this.messages.length > MOST_HELD + SLACK) this.#letGoOfOldest();
  }

  /** @param {string} id @param {(old: Message) => Message} change */
  #change(id, change) {
    this.messages = this.messages.map((message) => (message.id === id ? change(message) : message));
  }
}

/** @param {Message[]} first @param {Message[]} second wins where both have a message */
function merge(first, second) {
  const byId = new Map([...first, ...second].map((message) => [message.id, message]));
  return [...byId.values()].sort((a, b) => compareIds(a.id, b.id));
}

/** @param {import('./types.js').Reaction[]} reactions @param {Emoji} emoji @param {1|-1} by @param {boolean} mine */
function counted(reactions, emoji, by, mine) {
  const known = reactions.some((r) => emojiKey(r.emoji) === emojiKey(emoji));
  const all = known ? reactions : [...reactions, { emoji, count: 0, me: false }];
  return all
    .map((r) =>
      emojiKey(r.emoji) === emojiKey(emoji) ? { ...r, count: r.count + by, me: mine ? by > 0 : r.me } : r,
    )
    .filter((r) => r.count > 0);
}
