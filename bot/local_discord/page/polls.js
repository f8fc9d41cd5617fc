/** @import {Answer, Message, Poll} from './types.js' */
/** @import {Session} from './session.js' */
import { toast } from './announcer.js';
import { freshId, h } from './dom.js';
import { messageTime } from './moments.js';
import { countOf } from './pollcount.js';
import { sentence } from './request.js';

const COUNT = new Intl.NumberFormat();

/** Whether nobody can vote any more. @param {Poll} poll */
export const isOver = (poll) => poll.results.is_finalized || Date.parse(poll.expiry) <= Date.now();

/** A message's poll: a switch for each answer, which votes at once and takes the vote back. @param {Session} session @param {Message} message @returns {Node[]} */
export function pollCard(session, message) {
  const { poll } = message;
  if (!poll) return [];
  const question = freshId('poll');
  const over = isOver(poll);
  const total = poll.results.answer_counts.reduce((sum, { count }) => sum + count, 0);
  return [
    h(
      'div',
      { class: 'poll', role: 'group', 'aria-labelledby': question },
      h('p', { class: 'poll-question', id: question }, poll.question.text),
      over
        ? null
        : h('p', { class: 'poll-note' }, poll.allow_multiselect ? 'Choose one or more' : 'Choose one'),
      poll.answers.map((answer) => answerButton(session, message, poll, answer, total, over)),
      h(
        'p',
        { class: 'poll-note' },
        `${COUNT.format(total)} ${total === 1 ? 'vote' : 'votes'} · `,
        over ? 'It is over' : 'Ends ',
        over ? null : messageTime(poll.expiry),
      ),
    ),
  ];
}

/** @param {Session} session @param {Message} message @param {Poll} poll @param {Answer} answer @param {number} total @param {boolean} over */
function answerButton(session, message, poll, answer, total, over) {
  const { count, mine } = countOf(poll, answer.answer_id);
  const { text, emoji } = answer.poll_media;
  const share = total ? Math.round((100 * count) / total) : 0;
  const said = `${COUNT.format(count)} ${count === 1 ? 'vote' : 'votes'}`;
  const button = h(
    'button',
    {
      type: 'button',
      class: 'poll-answer',
      disabled: over,
      'aria-pressed': String(mine),
      data: { key: `p${answer.answer_id}` },
    },
    h('span', { class: 'poll-share', 'aria-hidden': 'true' }),
    h('span', { class: 'poll-text' }, emoji?.name && !emoji.id ? `${emoji.name} ` : null, text),
    ' ',
    h('span', { class: 'poll-count' }, `${said} · ${share} %`),
  );
  button.style.setProperty('--share', `${share}%`);
  button.addEventListener('click', () => void vote(session, message, poll, answer.answer_id));
  return button;
}

/** @param {Session} session @param {Message} message @param {Poll} poll @param {number} id */
async function vote({ api }, message, poll, id) {
  const mine = poll.answers.map(({ answer_id }) => answer_id).filter((one) => countOf(poll, one).mine);
  const others = poll.allow_multiselect ? mine.filter((one) => one !== id) : [];
  try {
    await api.vote(message.channel_id, message.id, mine.includes(id) ? others : [...others, id]);
  } catch (error) {
    toast(sentence(error), 'error');
  }
}
