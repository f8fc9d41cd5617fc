/**
 * What a person does to a bot: commands, buttons, selects, forms, autocomplete; and how it turned out.
 *
 * The request only says that Discord took it. The outcome comes over the gateway under the request's nonce.
 */
/** @import {Api} from './api.js' */
/** @import {Choice, Command, Component, Message, OptionValue} from './types.js' */
import { sentence } from './request.js';
import { newNonce } from './snowflake.js';

export const NO_RESPONSE = 'The application did not respond';
const LONGEST_MS = 20_000;
/** A bot has three seconds for its choices, and nobody is told when it misses them. */
const CHOICES_MS = 4000;
const REMEMBERED = 20;

/** @typedef {{application_id: string, channel_id: string, guild_id: string|undefined}} Place */
/** @typedef {{ok: true} | {ok: false, reason: string}} Outcome */
/** @typedef {{id: string, custom_id: string, title: string, components: Component[], application_id: string, channel_id: string, guild_id: string|undefined}} Form */

/**
 * @param {{api: Api, sessionId: () => string, onForm: (form: Form) => void}} options
 */
export function createInteractions({ api, sessionId, onForm }) {
  /** @type {Map<string, (outcome: Outcome) => void>} */
  const waiting = new Map();
  /** @type {Map<string, Place>} where the latest ones were, for a form may come after its success */
  const places = new Map();
  /** @type {Map<string, (choices: Choice[]|null) => void>} */
  const asking = new Map();

  /** @param {number} type @param {Place} place @param {object} data @param {string} nonce @param {object} [more] @param {File[]} [files] */
  const post = (type, place, data, nonce, more = {}, files = []) =>
    api.interact({ type, ...place, session_id: sessionId(), nonce, data, ...more }, { files });

  /**
   * @param {number} type
   * @param {Place} place
   * @param {object} data
   * @param {object} [more]
   * @param {File[]} [files]
   * @returns {Promise<Outcome>}
   */
  function act(type, place, data, more, files) {
    const nonce = newNonce();
    return new Promise((resolve) => {
      /** @param {Outcome} outcome */
      const done = (outcome) => {
        clearTimeout(timer);
        waiting.delete(nonce);
        resolve(outcome);
      };
      const timer = setTimeout(() => done({ ok: false, reason: NO_RESPONSE }), LONGEST_MS);
      waiting.set(nonce, done);
      places.set(nonce, place);
      for (const old of [...places.keys()].slice(0, -REMEMBERED)) places.delete(old);
      post(type, place, data, nonce, more, files).catch((error) =>
        done({ ok: false, reason: sentence(error) }),
      );
    });
  }

  return {
    /**
     * Use a command. Attachment options hold the number of their file.
     *
     * @param {{command: Command, options?: OptionValue[], target?: string, files?: File[]}} use `target` is what a
     *   context-menu command is for: a message or a person
     * @param {{channel_id: string, guild_id: string|undefined}} where
     */
    command: ({ command, options = [], target, files = [] }, where) =>
      act(
        2,
        { application_id: command.application_id, ...where },
        {
          ...commandData(command, options),
          ...(target ? { target_id: target } : {}),
          ...(files.length ? { attachments: numbered(files) } : {}),
        },
        {},
        files,
      ),

    /** @param {Message} message @param {Component} component @param {string[]} [values] */
    component: (message, component, values) =>
      act(
        3,
        {
          application_id: message.application_id ?? message.author.id,
          channel_id: message.channel_id,
          guild_id: message.guild_id,
        },
        {
          component_type: component.type,
          custom_id: component.custom_id,
          ...(values ? { values, type: component.type } : {}),
        },
        { message_id: message.id, message_flags: message.flags ?? 0 },
      ),

    /** Send a form. Upload fields hold the numbers of their files. @param {Form} form @param {object[]} components @param {File[]} [files] */
    form: ({ id, custom_id, application_id, channel_id, guild_id }, components, files = []) =>
      act(
        5,
        { application_id, channel_id, guild_id },
        { id, custom_id, components, ...(files.length ? { attachments: numbered(files) } : {}) },
        {},
        files,
      ),

    /**
     * Ask for choices; `null` when none came.
     *
     * @param {Command} command
     * @param {OptionValue[]} options one of them focused
     * @param {{channel_id: string, guild_id: string|undefined}} where
     * @returns {Promise<Choice[]|null>}
     */
    autocomplete(command, options, where) {
      const nonce = newNonce();
      return new Promise((resolve) => {
        /** @param {Choice[]|null} choices */
        const done = (choices) => {
          clearTimeout(timer);
          asking.delete(nonce);
          resolve(choices);
        };
        const timer = setTimeout(() => done(null), CHOICES_MS);
        asking.set(nonce, done);
        post(
          4,
          { application_id: command.application_id, ...where },
          commandData(command, options),
          nonce,
        ).catch(() => done(null));
      });
    },

    /** Take in what the gateway says of it. @param {string} type @param {any} data */
    take(type, data) {
      const nonce = String(data?.nonce ?? '');
      if (type === 'INTERACTION_SUCCESS') waiting.get(nonce)?.({ ok: true });
      if (type === 'INTERACTION_FAILURE') {
        waiting.get(nonce)?.({ ok: false, reason: NO_RESPONSE });
        asking.get(nonce)?.(null);
      }
      if (type === 'APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE') asking.get(nonce)?.(data.choices ?? []);
      if (type === 'INTERACTION_MODAL_CREATE') {
        waiting.get(nonce)?.({ ok: true });
        const place = places.get(nonce);
        onForm({
          id: data.id,
          custom_id: data.custom_id,
          title: data.title,
          components: data.components ?? [],
          application_id: data.application?.id ?? data.application_id ?? place?.application_id ?? '',
          channel_id: data.channel_id ?? place?.channel_id ?? '',
          guild_id: data.guild_id ?? place?.guild_id,
        });
      }
    },
  };
}

/** @typedef {ReturnType<typeof createInteractions>} Interactions */

/** @param {File[]} files */
const numbered = (files) => files.map((file, index) => ({ id: String(index), filename: file.name }));

/** @param {Command} command @param {OptionValue[]} options */
const commandData = ({ id, name, version, type }, options) => ({
  id,
  name,
  version: version ?? '1',
  type: type ?? 1,
  options,
});
