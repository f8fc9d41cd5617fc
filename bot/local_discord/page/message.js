/**
 * One message on the page. Its parts are rebuilt only when what they show has changed, so that a progress message can be
 * edited twice a second without a pressed button or a selection being lost.
 */
/** @import {Message, User} from './types.js' */
/** @import {Session} from './session.js' */
import { avatar } from './avatar.js';
import { componentNodes } from './components.js';
import { append, freshId, h, icon } from './dom.js';
import { embedCards, filesInCards } from './embeds.js';
import { attachmentCard } from './media.js';
import { messageTime } from './moments.js';
import { isOver, pollCard } from './polls.js';
import { reactionPills } from './reactions.js';
import { addressOf } from './address.js';
import { plainText, richText } from './richtext.js';
import { threadCard } from './threadcard.js';
import { Flag, MessageType, has } from './types.js';

const PARTS = /** @type {const} */ ([
  'context',
  'header',
  'body',
  'poll',
  'embeds',
  'attachments',
  'components',
  'reactions',
  'thread',
  'note',
]);

/** @param {Message} message */
export const isApp = (message) => Boolean(message.webhook_id || message.author.bot);

/** @param {Message} message @param {Session} session @param {string} guild */
export function authorName(message, { store }, guild) {
  return message.webhook_id && message.type !== MessageType.command
    ? message.author.username
    : store.nameOf(message.author, guild);
}

/**
 * What a row asks of the log it stands in: to go to another message, to say what can be done about a person, to show the
 * pins.
 *
 * @typedef {{jump: (id: string) => void, onPerson: (user: User, anchor: HTMLElement) => void, onPins: () => void}} RowHooks
 */

/** The list item of a message. @param {Session} session @param {string} guild @param {RowHooks} hooks */
export function createMessageRow(session, guild, hooks) {
  const { store, highlight } = session;
  const place = { store, guild, highlight };
  const author = freshId('author');
  const slots = Object.fromEntries(PARTS.map((name) => [name, h('div', { class: `part-${name}` })]));
  const face = h('div', { class: 'message-face' });
  const article = h(
    'article',
    { class: 'message', tabindex: -1, 'aria-labelledby': author },
    slots.context,
    face,
    h(
      'div',
      { class: 'message-main' },
      PARTS.slice(1).map((name) => slots[name]),
    ),
  );
  const element = h('li', { class: 'message-item' }, article);
  /** @type {Record<string, string>} */
  const shown = {};

  /** @param {typeof PARTS[number]|'face'} name @param {unknown} signature @param {() => (Node|null|false|undefined|'')[]} build */
  function part(name, signature, build) {
    const text = JSON.stringify(signature) ?? '';
    if (shown[name] === text) return;
    shown[name] = text;
    const slot = name === 'face' ? face : slots[name];
    if (!slot) return;
    const focused =
      slot.contains(document.activeElement) && document.activeElement instanceof HTMLElement
        ? document.activeElement.dataset.key
        : null;
    slot.replaceChildren();
    append(slot, build());
    const again = focused ? slot.querySelector(`[data-key="${CSS.escape(focused)}"]`) : null;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  /** @param {Message} message @param {boolean} start whether it begins a group */
  function update(message, start) {
    element.dataset.id = message.id;
    const shownMessage = starter(message) ?? message;
    const name = authorName(shownMessage, session, guild);
    const system = systemSentence(message, name);
    article.classList.toggle('group-start', start);
    article.classList.toggle('system', system !== null);
    article.classList.toggle('ephemeral', has(message, Flag.ephemeral));
    article.classList.toggle('mentions-me', store.mentionsMe(message));
    part(
      'context',
      [
        message.interaction?.name,
        message.interaction_metadata,
        message.referenced_message,
        message.type,
        store.channels.has(message.id),
      ],
      () => context(message),
    );
    const { author: face } = shownMessage;
    part('face', [start, face, name, system !== null], () =>
      system !== null
        ? [icon(systemIcon(message.type))]
        : start
          ? [avatar(face, name, { round: !isApp(shownMessage) })]
          : [messageTime(message.timestamp, { brief: true })],
    );
    const colour = roleColour(shownMessage);
    part('header', [start, name, shownMessage.timestamp, isApp(shownMessage), system, colour], () =>
      header(shownMessage, name, start || system !== null, system !== null),
    );
    part(
      'body',
      [
        shownMessage.content,
        shownMessage.edited_timestamp,
        has(message, Flag.loading),
        message.mentions?.length,
        system,
        store.channels.get(message.message_reference?.channel_id ?? '')?.name,
      ],
      () => body(message, name, system),
    );
    const { embeds = [], attachments = [], components = [] } = shownMessage;
    const { poll } = shownMessage;
    part('poll', poll ? [poll, isOver(poll)] : null, () => pollCard(session, shownMessage));
    part('embeds', [embeds, attachments, has(shownMessage, Flag.suppressEmbeds)], () =>
      embedCards(shownMessage, place),
    );
    part('attachments', [attachments, embeds, shownMessage.flags], () => files(shownMessage));
    part('components', components.length ? [components, attachments] : [], () =>
      components.length ? componentNodes(shownMessage, session, guild) : [],
    );
    part('reactions', message.reactions ?? [], () => reactionPills(session, message, guild));
    const thread = threadOn(message);
    part(
      'thread',
      thread
        ? [thread.name, thread.message_count, thread.thread_metadata?.archived, store.isUnread(thread.id)]
        : null,
      () => (thread ? [threadCard(thread, store.isUnread(thread.id))] : []),
    );
    part('note', has(message, Flag.ephemeral), () =>
      has(message, Flag.ephemeral) ? [ephemeralNote(message)] : [],
    );
  }

  /** The files that no card or layout shows. @param {Message} message */
  function files(message) {
    if (has(message, Flag.componentsV2)) return [];
    const shown = filesInCards(message);
    return (message.attachments ?? []).filter(({ url }) => !shown.has(url)).map(attachmentCard);
  }

  /** The thread that hangs on a message; a forum's post is not shown as hanging on its own first message. @param {Message} message */
  function threadOn(message) {
    if (message.id === message.channel_id) return undefined;
    return store.channels.get(message.id) ?? (has(message, Flag.hasThread) ? message.thread : undefined);
  }

  /** The message a thread began with, as it is now: it may have been edited since. @param {Message} message */
  function starter(message) {
    const first = message.type === MessageType.threadStarter ? message.referenced_message : null;
    return first && (store.timeline(first.channel_id).get(first.id) ?? first);
  }

  /** @param {Message} message @returns {(Node|null|false|undefined)[]} */
  function context(message) {
    if (message.type !== MessageType.reply) return usedLine(message);
    const to = message.referenced_message;
    if (!to) {
      return [
        h(
          'div',
          { class: 'context-line' },
          icon('reply'),
          h('i', null, 'The message it answers was deleted.'),
        ),
      ];
    }
    const line = h(
      'button',
      { type: 'button', class: 'context-line quoted' },
      icon('reply'),
      h('b', null, authorName(to, session, guild)),
      h('span', { class: 'quoted-text' }, plainText(to.content, place) || aboutOther(to)),
    );
    line.addEventListener('click', () => hooks.jump(to.id));
    return [line];
  }

  /** @param {Message} message @returns {(Node|null)[]} */
  function usedLine(message) {
    const name = message.interaction_metadata?.name || message.interaction?.name;
    const user = message.interaction_metadata?.user ?? message.interaction?.user;
    if (!name || !user) return [];
    const slash = message.type === MessageType.contextCommand ? '' : '/';
    return [
      h(
        'div',
        { class: 'context-line' },
        icon('reply'),
        h('b', null, store.nameOf(user, guild)),
        ' used ',
        h('span', { class: 'command-name' }, `${slash}${name}`),
      ),
    ];
  }

  /** @param {Message} message @param {string} name @param {boolean} visible @param {boolean} system @returns {Node[]} */
  function header(message, name, visible, system) {
    if (system || !visible) return [h('h3', { id: author, class: 'visually-hidden' }, name)];
    return [
      h('h3', { id: author, class: 'author' }, authorButton(message, name)),
      ...(isApp(message) ? [h('span', { class: 'tag' }, 'APP')] : []),
      messageTime(message.timestamp),
    ];
  }

  /** @param {Message} message */
  const roleColour = (message) =>
    message.webhook_id
      ? undefined
      : store.rolesOf(guild, message.author.id).find((role) => role.color)?.color;

  /** The name of a person or bot leads to what can be done about them; a webhook's leads nowhere. @param {Message} message @param {string} name */
  function authorButton(message, name) {
    if (message.webhook_id && !message.interaction_metadata) return name;
    const colour = roleColour(message);
    const button = h(
      'button',
      { type: 'button', class: 'author-name', data: { key: 'author' }, 'aria-haspopup': 'menu' },
      colour ? h('span', { class: 'role-mark', 'aria-hidden': 'true' }) : null,
      name,
    );
    if (colour) button.style.setProperty('--role', `#${colour.toString(16).padStart(6, '0')}`);
    button.addEventListener('click', () => hooks.onPerson(message.author, button));
    return button;
  }

  /** @param {Message} message @param {string} name */
  function pinNotice(message, name) {
    const pinned = message.message_reference?.message_id;
    const all = h(
      'button',
      { type: 'button', class: 'text-button', on: { click: hooks.onPins } },
      'See all pinned messages',
    );
    const what = pinned
      ? h(
          'button',
          { type: 'button', class: 'text-button', on: { click: () => hooks.jump(pinned) } },
          'a message',
        )
      : 'a message';
    return h(
      'p',
      { class: 'system-text' },
      h('b', null, name),
      ' pinned ',
      what,
      '. ',
      all,
      ' ',
      messageTime(message.timestamp),
    );
  }

  /** @param {Message} message @param {string} name @param {string|null} system @returns {Node[]} */
  function body(message, name, system) {
    if (message.type === MessageType.threadCreated) {
      const thread = store.channels.get(message.message_reference?.channel_id ?? '');
      return [
        h(
          'p',
          { class: 'system-text' },
          h('b', null, name),
          ' started a thread: ',
          thread ? h('a', { href: addressOf(thread) }, thread.name ?? '') : h('b', null, message.content),
          ' ',
          messageTime(message.timestamp),
        ),
      ];
    }
    if (message.type === MessageType.pinned) return [pinNotice(message, name)];
    if (system !== null)
      return [
        h('p', { class: 'system-text' }, h('b', null, name), ` ${system} `, messageTime(message.timestamp)),
      ];
    if (has(message, Flag.loading))
      return [
        h(
          'p',
          { class: 'thinking' },
          h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
          `${name} is thinking…`,
        ),
      ];
    const first = starter(message);
    if (first) return body(first, name, null);
    const text = message.content ? richText(message.content, place) : null;
    if (message.edited_timestamp) {
      const mark = h(
        'span',
        { class: 'edited', title: `Edited ${new Date(message.edited_timestamp).toLocaleString()}` },
        '(edited)',
      );
      const last = text?.lastElementChild;
      if (last instanceof HTMLParagraphElement) last.append(' ', mark);
      else if (text) text.append(mark);
    }
    return text ? [text] : [];
  }

  /** @param {Message} message */
  function ephemeralNote(message) {
    const dismiss = h(
      'button',
      { type: 'button', class: 'text-button', data: { key: 'dismiss' } },
      'Dismiss',
    );
    dismiss.addEventListener('click', () => {
      /** @type {HTMLElement|null} */ (element.closest('.log'))?.focus({ preventScroll: true });
      store.timeline(message.channel_id).remove(message.id);
      store.changed(message.channel_id);
    });
    return h('p', { class: 'ephemeral-note' }, icon('eye'), 'Only you can see this · ', dismiss);
  }

  return { element, update };
}

/** @typedef {ReturnType<typeof createMessageRow>} MessageRow */

/** What a quoted message without a text has instead. @param {Message} message */
function aboutOther(message) {
  if (message.attachments?.length) return 'A file';
  return message.embeds?.length || message.components?.length ? 'A card' : '(no text)';
}

/** @param {number} type @returns {Parameters<typeof icon>[0]} */
function systemIcon(type) {
  if (type === MessageType.threadCreated) return 'thread';
  return type === MessageType.pinned ? 'pin' : 'check';
}

/** @param {Message} message */
function pollEnded({ embeds }) {
  const told = Object.fromEntries((embeds?.[0]?.fields ?? []).map(({ name, value }) => [name, value]));
  const won = told.victor_answer_text;
  const what = won ? `“${won}” has won with ${told.victor_answer_votes} of ${told.total_votes} votes` : 'no answer has won';
  return `asked “${told.poll_question_text}”: ${what}.`;
}

/** What a message that nobody wrote says, or null for one that somebody did. @param {Message} message @param {string} name */
function systemSentence(message, name) {
  switch (message.type) {
    case MessageType.channelName:
      return `called this “${message.content}”.`;
    case MessageType.pinned:
      return 'pinned a message.';
    case MessageType.joined:
      return 'is here now.';
    case MessageType.pollResult:
      return pollEnded(message);
    case MessageType.threadCreated:
      return name;
    default:
      return null;
  }
}
