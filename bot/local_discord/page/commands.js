/** Slash commands as they are typed: which ones fit, what is filled in, what is missing; nothing here touches the page. */
/** @import {Application, Choice, Command, CommandOption, OptionValue} from './types.js' */
import { LARGEST_FILE } from './files.js';
import { bytes } from './media.js';
import { OptionType } from './types.js';

/**
 * What can be called: a command, or one of its subcommands.
 *
 * @typedef {{name: string, path: string[], description: string, options: CommandOption[], command: Command,
 *   application: Application}} Entry
 * @typedef {{text: string, choice?: Choice, file?: File}} Typed what stands in a field, and the choice or file it was filled from
 */

/** @param {{applications: Application[], application_commands: Command[]}} index @returns {Entry[]} */
export function entries({ applications, application_commands }) {
  const byId = new Map(applications.map((application) => [application.id, application]));
  return application_commands
    .filter((command) => (command.type ?? 1) === 1)
    .flatMap((command) => {
      const application = byId.get(command.application_id) ?? { id: command.application_id, name: 'App' };
      return branches(command, command, [command.name], application);
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** @param {Command} command @param {{description: string, options?: CommandOption[]}} at @param {string[]} path @param {Application} application @returns {Entry[]} */
function branches(command, at, path, application) {
  const options = at.options ?? [];
  const inner = options.filter(
    (option) => option.type === OptionType.subcommand || option.type === OptionType.group,
  );
  if (inner.length)
    return inner.flatMap((option) => branches(command, option, [...path, option.name], application));
  const ordered = [...options.filter((o) => o.required), ...options.filter((o) => !o.required)];
  return [
    { name: path.join(' '), path, description: at.description, options: ordered, command, application },
  ];
}

/** Those whose name begins with or holds what was typed, or whose description does; best first. @param {Entry[]} all @param {string} query */
export function matching(all, query) {
  const wanted = query.trim().toLowerCase();
  /** @param {Entry} entry */
  const rank = (entry) => {
    if (entry.name.startsWith(wanted)) return 0;
    if (entry.name.includes(wanted)) return 1;
    return wanted.length > 2 && entry.description.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return all
    .map((entry) => ({ entry, rank: rank(entry) }))
    .filter((r) => r.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((r) => r.entry);
}

/**
 * A command typed or pasted whole: `/name option: value option: value`. Text without an option's name goes to the first.
 *
 * @param {string} text
 * @param {Entry[]} all
 * @returns {{entry: Entry, values: Map<string, Typed>}|null} null where no command is named with something behind it
 */
export function typedOut(text, all) {
  const entry = [...all]
    .sort((a, b) => b.name.length - a.name.length)
    .find(({ name }) => text.startsWith(`/${name} `));
  if (!entry) return null;
  const rest = text.slice(entry.name.length + 2);
  /** @type {Map<string, Typed>} */
  const values = new Map();
  const names = entry.options.map((option) => option.name.replace(/[^\p{L}\p{N}_-]/gu, ''));
  const pattern = names.length ? new RegExp(`(?:^|\\s)(${names.join('|')}):\\s?`, 'gu') : null;
  const marks = pattern ? [...rest.matchAll(pattern)] : [];
  const loose = (marks.length ? rest.slice(0, marks[0]?.index) : rest).trim();
  const first = entry.options[0];
  if (loose && first) values.set(first.name, { text: loose });
  marks.forEach((mark, i) => {
    const value = rest.slice(mark.index + mark[0].length, marks[i + 1]?.index).trim();
    if (mark[1]) values.set(mark[1], { text: value });
  });
  return { entry, values };
}

/** The choices an option has of itself. @param {CommandOption} option @returns {Choice[]|null} */
export function fixedChoices(option) {
  if (option.choices?.length) return option.choices;
  if (option.type === OptionType.boolean) {
    return [
      { name: 'True', value: 'true' },
      { name: 'False', value: 'false' },
    ];
  }
  return null;
}

/** What is wrong with a field, in a sentence; null when nothing. @param {CommandOption} option @param {Typed|undefined} typed */
export function problemWith(option, typed) {
  const text = typed?.text.trim() ?? '';
  if (!text) return option.required ? 'This option is required.' : null;
  if (option.type === OptionType.attachment) return typed?.file ? fileProblem(typed.file) : 'Choose a file.';
  if (typed?.choice) return null;
  const choices = fixedChoices(option);
  if (choices && !choices.some((choice) => choice.name === text || String(choice.value) === text))
    return 'Choose one of the listed values.';
  switch (option.type) {
    case OptionType.string:
      return lengthProblem(option, text);
    case OptionType.integer:
    case OptionType.number:
      return numberProblem(option, text);
    case OptionType.user:
    case OptionType.channel:
    case OptionType.role:
    case OptionType.mentionable:
      return 'Choose one from the list.';
    default:
      return null;
  }
}

/** @param {File} file */
const fileProblem = (file) =>
  file.size > LARGEST_FILE ? `It is too large: a file may have at most ${bytes(LARGEST_FILE)}.` : null;

/** @param {CommandOption} option @param {string} text */
function lengthProblem({ min_length = 0, max_length = 6000 }, text) {
  if (text.length < min_length) return `Write at least ${min_length} characters.`;
  return text.length > max_length ? `Write at most ${max_length} characters.` : null;
}

/** @param {CommandOption} option @param {string} text */
function numberProblem({ type, min_value, max_value }, text) {
  const value = Number(text);
  if (!Number.isFinite(value)) return 'Write a number.';
  if (type === OptionType.integer && !Number.isSafeInteger(value)) return 'Write a whole number.';
  if (min_value !== undefined && value < min_value) return `The number must be at least ${min_value}.`;
  return max_value !== undefined && value > max_value ? `The number must be at most ${max_value}.` : null;
}

/** @param {CommandOption} option @param {Typed} typed @returns {string|number|boolean} */
function valueOf(option, typed) {
  const text = typed.text.trim();
  const chosen =
    typed.choice ??
    fixedChoices(option)?.find((choice) => choice.name === text || String(choice.value) === text);
  const value = chosen ? chosen.value : text;
  if (option.type === OptionType.integer || option.type === OptionType.number) return Number(value);
  return option.type === OptionType.boolean ? String(value) === 'true' : String(value);
}

/**
 * The options as they are sent, wrapped in the subcommand's path. For autocomplete the focused one goes as typed.
 *
 * @param {Entry} entry
 * @param {Map<string, Typed>} values
 * @param {{focused?: string, files?: File[]}} [more] chosen files are put into `files`; their option is the number there
 * @returns {OptionValue[]}
 */
export function optionValues(entry, values, { focused = '', files = [] } = {}) {
  /** @type {OptionValue[]} */
  let options = [];
  for (const option of entry.options) {
    const typed = values.get(option.name) ?? { text: '' };
    const here = option.name === focused;
    if (here) options.push({ type: option.type, name: option.name, value: typed.text, focused: true });
    else if (option.type === OptionType.attachment) {
      if (typed.file)
        options.push({ type: option.type, name: option.name, value: files.push(typed.file) - 1 });
    } else if (typed.text.trim() && !problemWith(option, typed))
      options.push({ type: option.type, name: option.name, value: valueOf(option, typed) });
  }
  for (let depth = entry.path.length - 1; depth > 0; depth -= 1) {
    const type = depth === entry.path.length - 1 ? OptionType.subcommand : OptionType.group;
    options = [{ type, name: entry.path[depth] ?? '', options }];
  }
  return options;
}

/** The command as a line of text. @param {Entry} entry @param {Map<string, Typed>} values */
export function asText(entry, values) {
  const parts = entry.options.flatMap(({ name }) =>
    values.get(name)?.text.trim() ? [`${name}: ${values.get(name)?.text.trim()}`] : [],
  );
  return [`/${entry.name}`, ...parts].join(' ');
}
