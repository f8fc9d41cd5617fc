/** @import {Pending} from './types.js' */
/** @import {Session} from './session.js' */
import { avatar } from './avatar.js';
import { h, icon } from './dom.js';
import { richText } from './richtext.js';

/** @param {number} share */
function progress(share) {
  const bar = h('progress', { max: 1, 'aria-label': 'Sending the files' });
  bar.value = share;
  return bar;
}

/** What waits to become a message. @param {Pending} pending @param {Session} session @param {string} guild @param {boolean} start */
export function pendingRow(pending, { store, highlight }, guild, start) {
  const me = store.users.get(store.me) ?? { id: store.me, username: '?' };
  const name = store.nameOf(me, guild);
  const failed = pending.state === 'failed';
  const drop = () => store.settle(pending.channelId, pending.nonce, null);
  const command = pending.kind === 'command';
  return h(
    'li',
    { class: 'message-item', data: { nonce: pending.nonce } },
    h(
      'article',
      {
        class: `message pending ${start ? 'group-start' : ''} ${failed ? 'failed' : ''}`,
        tabindex: -1,
        'aria-label': `${name}, ${failed ? 'not sent' : 'sending'}`,
      },
      h('div', { class: 'part-context' }),
      h('div', { class: 'message-face' }, start && avatar(me, name)),
      h(
        'div',
        { class: 'message-main' },
        h('div', { class: 'part-header' }, start && h('span', { class: 'author' }, name)),
        h(
          'div',
          { class: 'part-body' },
          command
            ? h(
                'p',
                { class: 'thinking' },
                h('span', { class: 'command-name' }, pending.content),
                failed ? null : ' · sending…',
              )
            : richText(pending.content, { store, guild, highlight }),
          (pending.files ?? []).map((name) => h('p', { class: 'file' }, icon('file'), name)),
          !failed && pending.files?.length && progress(pending.share ?? 0),
        ),
        failed &&
          h(
            'p',
            { class: 'component-problem', role: 'alert' },
            icon('warn'),
            h('span', null, `${pending.reason ?? 'It was not sent'}.`.replace('..', '.')),
            h('button', { type: 'button', class: 'text-button', on: { click: pending.retry } }, 'Try again'),
            h('button', { type: 'button', class: 'text-button', on: { click: drop } }, 'Discard'),
          ),
      ),
    ),
  );
}
