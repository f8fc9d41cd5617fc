/** Discord ids: 64-bit numbers in decimal that sort by time, compared here without losing digits. */

const EPOCH = 1420070400000n;
let counter = 0n;

/** Negative when `a` is older than `b`. @param {string} a @param {string} b */
export function compareIds(a, b) {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An id for this moment, unique within the page; used as nonce. */
export function newNonce() {
  counter = (counter + 1n) & 0x3fffffn;
  return (((BigInt(Date.now()) - EPOCH) << 22n) | counter).toString();
}

/** The smallest id of this moment, to tell what is newer. */
export function idOfNow() {
  return ((BigInt(Date.now()) - EPOCH) << 22n).toString();
}

/** When an id was made, as Discord writes times. @param {string} id */
export function timeOf(id) {
  return new Date(Number((BigInt(id) >> 22n) + EPOCH)).toISOString();
}
