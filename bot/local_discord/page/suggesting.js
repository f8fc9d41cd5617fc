/** What is offered while somebody writes: commands after a slash, names after `@` and `#`. */
/** @import {Channel} from './types.js' */
/** @import {Entry, Typed} from './commands.js' */
/** @import {Mentionable} from './mentions.js' */
/** @import {Session} from './session.js' */
import { entries, matching, typedOut } from './commands.js';
import { createListbox } from './listbox.js';
import { begun, fitting, mentionables } from './mentions.js';
import { sentence } from './request.js';

/**
 * @param {Session} session
 * @param {Channel} channel
 * @param {{text: () => HTMLTextAreaElement, popups: HTMLElement, onCommand: (entry: Entry, values: Map<string, Typed>) => void,
 *   onName: (start: number, name: Mentionable) => void}} hooks
 */
export function createSuggesting({ store, api }, channel, { text, popups, onCommand, onName }) {
  const list = createListbox({ label: 'Suggestions', onChoose: ({ value }) => value(), field: text });
  /** @type {Entry[]} */
  let commands = [];
  let problem = '';
  /** @type {Promise<void>|null} */
  let loading = null;

  /** The commands may change while the page is open, so they are asked for at each use. */
  function load() {
    loading ??= api
      .commands(channel.id)
      .then((index) => {
        commands = entries(index);
        problem = '';
      })
      .catch((error) => {
        problem = sentence(error);
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  }

  /** @param {string} value */
  function offerCommands(value) {
    const typed = typedOut(value, commands);
    if (typed) return onCommand(typed.entry, typed.values);
    popups.replaceChildren(list.element);
    const found = matching(commands, value.slice(1));
    list.show(
      found.map((entry) => ({
        label: `/${entry.name}`,
        detail: entry.description,
        hint: entry.application.name,
        value: () => onCommand(entry, new Map()),
      })),
      {
        note: found.length
          ? ''
          : problem ||
            (commands.length ? 'No command here begins like that.' : 'There are no commands here yet.'),
      },
    );
  }

  /** @param {number} caret */
  function offerNames(caret) {
    const name = begun(text().value, caret);
    const found = name ? fitting(mentionables(store, channel.guild_id ?? '', channel.id), name) : [];
    if (!name || !found.length) return list.hide();
    popups.replaceChildren(list.element);
    list.show(
      found.map((m) => ({
        label: `${m.sign}${m.name}`,
        detail: m.detail,
        value: () => onName(name.start, m),
      })),
    );
  }

  return {
    list,
    /** The command that a whole line names, if one does. @param {string} line */
    async named(line) {
      await load();
      return typedOut(`${line} `, commands);
    },
    /** Offer what fits the text as it is now. @param {() => boolean} wanted whether it still is, when commands have been read */
    async suggest(wanted) {
      const { value, selectionStart } = text();
      if (!/^\/[^\n]*$/.test(value)) return offerNames(selectionStart);
      if (!list.open || value === '/') await load();
      if (text().value === value && wanted()) offerCommands(value);
    },
  };
}
