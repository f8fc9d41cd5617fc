/** Context-menu commands: what applications offer for a message or a person. */
/** @import {MenuItem} from './menu.js' */
/** @import {Session} from './session.js' */
import { sentence } from './request.js';
import { useCommand } from './session.js';

export const FOR_PERSON = 2;
export const FOR_MESSAGE = 3;

/**
 * The menu items of the commands for a target; one note where there are none or they cannot be read.
 *
 * @param {Session} session
 * @param {{id: string, guild_id?: string}} channel where it is used
 * @param {2|3} type what the target is
 * @param {string} target
 * @returns {Promise<MenuItem[]>}
 */
export async function appItems(session, channel, type, target) {
  try {
    const { applications, application_commands } = await session.api.commands(channel.id);
    const names = new Map(applications.map(({ id, name }) => [id, name]));
    const fitting = application_commands.filter((command) => command.type === type);
    if (!fitting.length) return [];
    return [
      { heading: 'Apps' },
      ...fitting.map((command) => ({
        label: command.name,
        detail: names.get(command.application_id) ?? '',
        act: () =>
          void useCommand(session, channel, {
            command,
            applicationName: names.get(command.application_id) ?? 'App',
            text: command.name,
            target,
          }),
      })),
    ];
  } catch (error) {
    return [{ note: `The apps' commands could not be read: ${sentence(error)}` }];
  }
}
