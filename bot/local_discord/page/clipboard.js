import { toast } from './announcer.js';

/** Copy a text and say so. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast('Copied');
  } catch {
    toast('The browser did not allow copying.', 'error');
  }
}
