/** @import {Poll} from './types.js' */

/** How many chose an answer, and whether I did. @param {Poll} poll @param {number} id */
export function countOf(poll, id) {
  const found = poll.results.answer_counts.find((one) => one.id === id);
  return { count: found?.count ?? 0, mine: found?.me_voted ?? false };
}

/** The poll after somebody voted, or took a vote back. @param {Poll} poll @param {number} id @param {1|-1} by @param {boolean} mine @returns {Poll} */
export function withVote(poll, id, by, mine) {
  const before = countOf(poll, id);
  const others = poll.results.answer_counts.filter((one) => one.id !== id);
  const count = before.count + by;
  const me_voted = mine ? by > 0 : before.mine;
  const answer_counts = count > 0 ? [...others, { id, count, me_voted }] : others;
  return { ...poll, results: { ...poll.results, answer_counts } };
}
