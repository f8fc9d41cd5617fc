/** The composer while a command is being filled in: its name, a chip for each option, hints, and what is missing. */
/** @import {Channel, Choice, CommandOption} from './types.js' */
/** @import {Entry, Typed} from './commands.js' */
/** @import {Session} from './session.js' */
import { asText, optionValues } from './commands.js';
import { h, icon } from './dom.js';
import { createField } from './field.js';
import { createFileField } from './filefield.js';
import { useCommand } from './session.js';
import { OptionType, isThread } from './types.js';

/**
 * @param {Session} session
 * @param {Channel} channel
 * @param {Entry} entry
 * @param {Map<string, Typed>} values what is filled in already
 * @param {{popups: HTMLElement, hint: HTMLElement, onEnd: (text: string) => void}} hooks `onEnd` gets what goes back into the box
 */
export function createCommandForm(session, channel, entry, values, { popups, hint, onEnd }) {
  const guild = channel.guild_id;
  const where = { channel_id: channel.id, guild_id: guild };
  const chips = h('div', { class: 'chips' });
  const more = h('div', { class: 'more-options', role: 'group', 'aria-label': 'Optional' });
  const element = h(
    'div',
    { class: 'command-form', role: 'group', 'aria-label': `Command /${entry.name}` },
    h('span', { class: 'command-pill' }, `/${entry.name}`),
    chips,
    more,
  );
  /** @type {ReturnType<typeof createField>[]} */
  const fields = [];

  /** @param {CommandOption} option @returns {Choice[]|null} */
  function known(option) {
    const { store } = session;
    const present = guild
      ? [...(store.members.get(guild)?.values() ?? [])].flatMap(({ user }) => (user ? [user] : []))
      : (channel.recipients ?? []);
    const people = () => present.map((user) => ({ name: `@${store.nameOf(user, guild)}`, value: user.id }));
    const roles = () =>
      (store.guilds.get(guild ?? '')?.roles ?? []).map((role) => ({
        name: `@${role.name.replace(/^@/, '')}`,
        value: role.id,
      }));
    if (option.type === OptionType.user) return people();
    if (option.type === OptionType.role) return roles();
    if (option.type === OptionType.mentionable) return [...people(), ...roles()];
    if (option.type !== OptionType.channel) return null;
    const types = option.channel_types;
    return [...store.channels.values()]
      .filter((c) => guild && c.guild_id === guild && (types?.length ? types.includes(c.type) : !isThread(c)))
      .map((c) => ({ name: `#${c.name}`, value: c.id }));
  }

  /** @param {CommandOption} option */
  function addField(option) {
    const create = option.type === OptionType.attachment ? createFileField : createField;
    const field = create(option, values.get(option.name), {
      popups,
      known,
      ask: () =>
        session.interactions.autocomplete(
          entry.command,
          optionValues(entry, values, { focused: option.name }),
          where,
        ),
      onChange: (typed) => values.set(option.name, typed),
      onDone: () => next(field),
      onSubmit: submit,
      onLeave: () => leave(field),
      onFocus: () => showHint(option),
    });
    fields.push(field);
    chips.append(field.element);
    return field;
  }

  /** @param {CommandOption|null} option */
  function showHint(option) {
    const about = option
      ? [
          h('b', null, option.name),
          ` ${option.description}`,
          h('span', { class: 'hint-mark' }, option.required ? 'required' : 'optional'),
        ]
      : [entry.description];
    hint.replaceChildren(...about.filter((part) => part !== ''));
  }

  /** After a choice: on to the next required field that is empty; else stay, Enter sends. @param {ReturnType<typeof createField>} field */
  function next(field) {
    const empty = fields.find(
      (other) => other !== field && other.option.required && !other.value.text.trim(),
    );
    (empty ?? field).focus();
  }

  /** @param {ReturnType<typeof createField>} field */
  function leave(field) {
    const filled = fields.some((other) => other.value.text.trim());
    if (!field.option.required && filled) {
      fields.splice(fields.indexOf(field), 1);
      values.delete(field.option.name);
      field.element.remove();
      drawMore();
      fields[fields.length - 1]?.focus();
      return;
    }
    onEnd(filled ? '' : `/${entry.name}`);
  }

  function drawMore() {
    const left = entry.options.filter((option) => !fields.some((field) => field.option === option));
    more.replaceChildren(
      ...left.map((option) => {
        const add = h(
          'button',
          { type: 'button', class: 'add-option', title: option.description },
          icon('plus'),
          option.name,
        );
        add.addEventListener('click', () => {
          const field = addField(option);
          drawMore();
          field.focus();
        });
        return add;
      }),
    );
    more.hidden = left.length === 0;
  }

  function submit() {
    const wrong = fields.filter((field) => field.check() !== null);
    if (wrong[0]) {
      wrong[0].focus();
      const names = wrong.map((field) => field.option.name).join(', ');
      const missing = wrong.every((field) => !field.value.text.trim());
      hint.replaceChildren(
        h(
          'span',
          { class: 'problem', role: 'alert' },
          missing ? `Fill in what is required: ${names}.` : `Look again at: ${names}.`,
        ),
      );
      return;
    }
    /** @type {File[]} */
    const files = [];
    const use = {
      command: entry.command,
      applicationName: entry.application.name,
      text: asText(entry, values),
      options: optionValues(entry, values, { files }),
      files,
    };
    onEnd('');
    void useCommand(session, channel, use);
  }

  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onEnd('');
  });
  for (const option of entry.options) if (option.required || values.get(option.name)?.text) addField(option);
  drawMore();
  showHint(null);

  return {
    element,
    submit,
    focus() {
      const first = fields.find((field) => !field.value.text.trim()) ?? fields[fields.length - 1];
      if (first) first.focus();
      else {
        element.tabIndex = 0;
        element.focus();
        element.addEventListener('keydown', (event) => {
          if (event.target !== element) return;
          if (event.key === 'Enter') submit();
          else if (event.key === 'Backspace') onEnd(`/${entry.name}`);
          else return;
          event.preventDefault();
        });
      }
    },
  };
}
