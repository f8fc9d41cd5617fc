/** The start of the page: the key, the scene, who one is, and a sitting of that person. */
/** @import {Scene, User} from './types.js' */
import { toast } from './announcer.js';
import { createApi } from './api.js';
import { ApiError, sentence } from './request.js';
import { h } from './dom.js';
import { lastMember, rememberMember, takeKey } from './memory.js';
import { keepTime } from './moments.js';
import { startPanel } from './panel.js';
import { beginSitting } from './sitting.js';

const RETRY_MS = 1500;

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
const key = takeKey();
/** @type {ReturnType<typeof beginSitting>|null} */
let sitting = null;

/** @param {string} title @param {string} text */
function notice(title, text) {
  sitting?.end();
  sitting = null;
  root.replaceChildren(
    h(
      'main',
      { class: 'notice-page' },
      h('img', { src: '/page/icon.svg', alt: '', width: 56, height: 56 }),
      h('h1', null, title),
      h('p', null, text),
    ),
  );
}

const refused = () =>
  notice(
    'This address is no longer good',
    'Each start has its own address. Open the one that was printed in the terminal when it started last.',
  );

/** @param {Scene} scene @param {User} me */
function sit(scene, me) {
  sitting?.end();
  rememberMember(me.id);
  sitting = beginSitting({ root, key, scene, me, onRefused: refused, onSwitch: (user) => void change(user) });
}

/** Become another person, with the scene as they see it. @param {User} user */
async function change(user) {
  try {
    sit(await createApi(key, user.id).scene(), user);
    toast(`You are now ${user.global_name ?? user.username}`);
  } catch (error) {
    toast(sentence(error), 'error');
  }
}

/** @param {Scene} scene */
const chosen = (scene) =>
  scene.people.find((person) => person.id === lastMember()) ??
  scene.people.find((person) => person.id === scene.default_member) ??
  scene.people[0];

async function start() {
  try {
    const scene = await createApi(key, lastMember()).scene();
    const me = chosen(scene);
    if (!me)
      return notice(
        'Nobody is here',
        'This scene has no person to be. Add one to its people and start again.',
      );
    sit(scene, me);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return refused();
    notice('The local server cannot be reached', `${sentence(error)} This page tries again by itself.`);
    setTimeout(start, RETRY_MS);
  }
}

keepTime();
startPanel(key, lastMember);
void start();
