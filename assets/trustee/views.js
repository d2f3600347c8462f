// The frame of the page: one view at a time, by the address’s last part; what is typed and chosen, what is refused, what
// is given. Files come from the disk and go back to it; nothing is kept.

import { Refused, fromUtf8 } from './bytes.js';
import { fingerprint, openKeyFile, readKeyFile, tellerNumber } from './keyfile.js';

const VIEWS = ['start', 'make', 'show', 'practise', 'sign', 'open', 'paper'];
const STUCK = 'Something went wrong that this page does not know. Nothing was changed. Close the page, open it again and try once more.';

export const at = (id) => document.getElementById(id);
export const counted = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');
export const slug = (name) => name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'trustee';

export function made(tag, text, className = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

class Wrong extends Refused { // a sentence that belongs to a field
  constructor(id, sentence) {
    super(sentence);
    this.id = id;
  }
}

export const wrong = (id, sentence) => { throw new Wrong(id, sentence); };

// ---- One view at a time ----

export const state = {}; // what a view has read, until it is left

export function show(name) {
  for (const each of VIEWS) {
    const view = at(each);
    view.hidden = each !== name;
    for (const form of view.querySelectorAll('form')) form.reset();
    for (const part of view.querySelectorAll('.result, #sign-promise, #open-first, #open-save, #open-progress, #paper-promise')) part.hidden = true;
    for (const link of view.querySelectorAll('.files a')) URL.revokeObjectURL(link.href);
    for (const part of view.querySelectorAll('.files, .card, dl')) part.replaceChildren();
    for (const part of view.querySelectorAll('form')) part.hidden = false;
    complain(view, []);
  }
  for (const key of Object.keys(state)) delete state[key];
  document.title = `${at(name).dataset.title} – Pilot`;
  at(name).querySelector('h1').focus();
  scrollTo(0, 0);
}

export const wanted = () => (VIEWS.includes(location.hash.slice(1)) ? location.hash.slice(1) : 'start');

function complain(view, problems) {
  const box = view.querySelector('.problem');
  if (!box) return;
  for (const field of view.querySelectorAll('.field.wrong')) {
    field.classList.remove('wrong');
    field.querySelector('.error').remove();
    const input = field.querySelector('input');
    input.removeAttribute('aria-invalid');
    const hint = `${input.id}-hint`;
    if (at(hint)) input.setAttribute('aria-describedby', hint);
    else input.removeAttribute('aria-describedby');
  }
  box.hidden = !problems.length;
  box.replaceChildren();
  document.title = `${problems.length ? 'Error: ' : ''}${view.dataset.title} – Pilot`;
  if (!problems.length) return;
  const list = made('ul', '');
  for (const { id, message } of problems) {
    const item = made('li', '');
    item.append(id ? linkTo(id, message) : made('span', message));
    list.append(item);
    if (id) mark(at(id), message);
  }
  box.append(made('h2', 'There is a problem'), list);
  box.focus();
}

function linkTo(id, message) {
  const link = made('a', message);
  link.href = `#${id}`;
  link.addEventListener('click', (event) => {
    event.preventDefault();
    at(id).focus();
  });
  return link;
}

function mark(input, message) {
  const field = input.closest('.field');
  const error = made('p', message, 'error');
  error.id = `${input.id}-error`;
  field.classList.add('wrong');
  input.before(error);
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', [at(`${input.id}-hint`)?.id, error.id].filter(Boolean).join(' '));
}

let busy = false;

// A form's work. One at a time; its refusals are shown, its button says that something is going on.
export function on(form, words, work) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const button = form.querySelector('button');
    const view = form.closest('section');
    button.setAttribute('aria-disabled', 'true');
    complain(view, []);
    at('busy').textContent = words;
    try {
      await work(view);
      at('busy').textContent = '';
    } catch (trouble) {
      at('busy').textContent = '';
      complain(view, [trouble instanceof Refused ? trouble : { message: STUCK }]);
      if (!(trouble instanceof Refused)) console.error(trouble);
    }
    button.removeAttribute('aria-disabled');
    busy = false;
  });
}

export function reveal(part) {
  part.hidden = false;
  part.querySelector('h2').focus();
}

// ---- What is typed and chosen ----

export function filled(id, sentence) {
  const { value } = at(id);
  return value.trim() ? value : wrong(id, sentence);
}

export const passphraseIn = (id) => filled(id, 'Enter the passphrase');

export async function textOf(id, sentence) {
  const [file] = at(id).files;
  if (!file) wrong(id, sentence);
  const bytes = await file.arrayBuffer().catch(() => wrong(id, 'This file cannot be read. Choose it again.'));
  return within(id, () => fromUtf8(bytes, 'This is not a file of this kind.'));
}

// A refusal inside belongs to this field.
export async function within(id, work) {
  try {
    return await work();
  } catch (trouble) {
    if (trouble instanceof Refused && !trouble.id) wrong(id, trouble.message);
    throw trouble;
  }
}

export const keyFileIn = async (id) => {
  const text = await textOf(id, 'Choose the key file');
  return within(id, () => readKeyFile(text));
};

export const keysOf = (file, id, passphrase) => within(id, () => openKeyFile(file, passphrase));

// ---- What is given ----

export function link(words, name, text, className = '') {
  const anchor = made('a', words, className);
  anchor.download = name;
  anchor.href = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  return anchor;
}

export async function card(place, file) {
  place.replaceChildren(
    made('p', file.name), made('p', file.role), made('p', 'Fingerprint:'), made('p', await fingerprint(file), 'code'),
    made('h3', 'Only for tellers'), made('p', 'Your number in what trustees sign:'), made('p', await tellerNumber(file.sign_key), 'code'));
}
