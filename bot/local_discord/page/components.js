/** What people press on messages: buttons and selects, in the old rows and in the V2 layout. */
/** @import {Component, Emoji, Message} from './types.js' */
/** @import {Option} from './choices.js' */
/** @import {Session} from './session.js' */
import { choices, emojiName, howMany } from './choices.js';
import { append, h, icon } from './dom.js';
import { safeUrl } from './inline.js';
import { covered, fileCard, picture, resolved } from './media.js';
import { richText } from './richtext.js';

const STYLES = ['', 'primary', 'secondary', 'success', 'danger', 'link', 'secondary'];

/**
 * @param {Message} message
 * @param {Session} session
 * @param {string} guild
 * @returns {HTMLElement[]}
 */
export function componentNodes(message, session, guild) {
  const problem = h('p', { class: 'component-problem', role: 'alert' });
  /** @param {Component} component @param {HTMLButtonElement|HTMLSelectElement|null} control @param {string[]} [values] */
  const act = async (component, control, values) => {
    problem.textContent = '';
    control?.setAttribute('aria-busy', 'true');
    session.acted(message.channel_id);
    const place = {
      guild_id: message.guild_id ?? guild,
      application_id: applicationOf(message, session, guild),
    };
    const outcome = await session.interactions.component({ ...message, ...place }, component, values);
    control?.removeAttribute('aria-busy');
    if (!outcome.ok) append(problem, [icon('warn'), `${outcome.reason}.`.replace('..', '.')]);
  };
  const context = { session, guild, act, message };
  return [...(message.components ?? []).map((component) => node(component, context)), problem];
}

/**
 * Whose message it is: the author's, or, where a webhook's message names no application, that of the one bot here.
 *
 * @param {Message} message
 * @param {Session} session
 * @param {string} guild
 */
function applicationOf(message, { store }, guild) {
  if (message.application_id) return message.application_id;
  const bots = [...(store.members.get(guild)?.values() ?? [])].filter(({ user }) => user?.bot);
  return message.webhook_id && bots.length === 1 ? (bots[0]?.user?.id ?? '') : message.author.id;
}

/** @typedef {{session: Session, guild: string, message: Message, act: (component: Component, control: HTMLButtonElement|HTMLSelectElement|null, values?: string[]) => void}} Context */

/** @param {Component} component @param {Context} context @returns {HTMLElement} */
function node(component, context) {
  const inner = () => (component.components ?? []).map((child) => node(child, context));
  switch (component.type) {
    case 1:
      return h('div', { class: 'row', role: 'group' }, inner());
    case 2:
      return button(component, context);
    case 3:
    case 5:
    case 6:
    case 7:
    case 8:
      return select(component, context);
    case 9:
      return h(
        'div',
        { class: 'section' },
        h('div', { class: 'section-text' }, inner()),
        component.accessory && node(component.accessory, context),
      );
    case 10: {
      const { store, highlight } = context.session;
      return richText(component.content ?? '', { store, guild: context.guild, highlight });
    }
    case 11:
      return pictureOf(component, component.media?.url, context);
    case 12:
      return h(
        'div',
        { class: 'gallery' },
        (component.items ?? []).map((item) => pictureOf(item, item.media.url, context)),
      );
    case 13:
      return file(component, context);
    case 14:
      return h('hr', {
        class: `separator${component.divider === false ? ' quiet' : ''}${component.spacing === 2 ? ' roomy' : ''}`,
      });
    case 17: {
      const box = h('div', { class: 'embed container' }, inner());
      if (typeof component.accent_color === 'number')
        box.style.setProperty('--bar', `#${component.accent_color.toString(16).padStart(6, '0')}`);
      return component.spoiler ? covered(box) : box;
    }
    default:
      return h('p', { class: 'unknown' }, 'This part of the message cannot be shown here.');
  }
}

/** @param {{description?: string|null|undefined, spoiler?: boolean|undefined}} about @param {string|undefined} url @param {Context} context */
function pictureOf({ description, spoiler }, url, { message }) {
  return picture(resolved(url ?? '', message.attachments ?? []), description ?? '', { spoiler });
}

/** @param {Component} component @param {Context} context */
function file(component, { message }) {
  const url = component.file?.url ?? '';
  const address = resolved(url, message.attachments ?? []);
  const attached = (message.attachments ?? []).find((each) => each.url === address);
  const name = component.name ?? attached?.filename ?? url.split('/').pop() ?? 'file';
  const card = fileCard(name, address, component.size ?? attached?.size);
  return component.spoiler ? covered(card) : card;
}

/** @param {Emoji|undefined} emoji */
const emojiText = (emoji) => emoji && h('span', { class: 'emoji', 'aria-hidden': 'true' }, emojiName(emoji));

/** @param {Component} component @param {Context} context */
function button(component, { act }) {
  const style = STYLES[component.style ?? 2] ?? 'secondary';
  const content = [emojiText(component.emoji), component.label && h('span', null, component.label)];
  if (style === 'link') {
    const url = safeUrl(component.url ?? '');
    return h(
      'a',
      {
        class: 'button link',
        href: url,
        target: '_blank',
        rel: 'noopener noreferrer',
        'aria-disabled': url ? null : 'true',
      },
      content,
      icon('out'),
    );
  }
  const made = h(
    'button',
    {
      type: 'button',
      class: `button ${style}`,
      disabled: component.disabled,
      'aria-label': component.label ? null : (component.emoji?.name ?? 'Button'),
      data: { key: component.custom_id ?? '' },
    },
    content,
  );
  made.addEventListener('click', () => {
    if (made.getAttribute('aria-busy') !== 'true') act(component, made);
  });
  return made;
}

/** @param {Component} component @param {Context} context */
function select(component, context) {
  const { session, guild, message } = context;
  const options = choices(component, session.store, guild, message.channel_id);
  const label = component.placeholder || 'Choose';
  const most = component.max_values ?? 1;
  return most > 1 ? several(component, options, label, context) : single(component, options, label, context);
}

/** @param {Component} component @param {Option[]} options @param {string} label @param {Context} context */
function single(component, options, label, { act }) {
  const control = h(
    'select',
    {
      class: 'select',
      'aria-label': label,
      disabled: component.disabled,
      data: { key: component.custom_id ?? '' },
    },
    h(
      'option',
      {
        value: '',
        disabled: (component.min_values ?? 1) > 0,
        selected: !options.some((option) => option.default),
      },
      label,
    ),
    options.map((option) => h('option', { value: option.value, selected: option.default }, option.label)),
  );
  control.addEventListener('change', () => act(component, control, control.value ? [control.value] : []));
  return control;
}

/** @param {Component} component @param {Option[]} options @param {string} label @param {Context} context */
function several(component, options, label, { act }) {
  const least = component.min_values ?? 1;
  const most = component.max_values ?? 1;
  const done = h('button', { type: 'button', class: 'button primary', disabled: component.disabled }, 'Done');
  const boxes = options.map((option) =>
    h('input', {
      type: 'checkbox',
      value: option.value,
      checked: option.default,
      disabled: component.disabled,
    }),
  );
  const picked = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const limit = () => {
    const count = picked().length;
    done.disabled = Boolean(component.disabled) || count < least || count > most;
  };
  const body = h(
    'fieldset',
    { class: 'many' },
    h('legend', null, label),
    h(
      'div',
      { class: 'many-options' },
      options.map((option, index) => h('label', null, boxes[index], option.label)),
    ),
    h('p', { class: 'hint' }, howMany(least, most)),
    done,
  );
  body.addEventListener('change', limit);
  done.addEventListener('click', () => act(component, done, picked()));
  limit();
  return body;
}
