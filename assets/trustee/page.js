// What a trustee can do here: make keys, show a fingerprint, practise, sign, open the sealed votes.

import { canonical, refuse } from './bytes.js';
import {
  WEAK, cancelSignatures, drillAnswer, isWeak, makeKeyFile, manifestSignature, openKeyFile, plain, readCancelList,
  registration, remembering, sealKeyFile, trimmed,
} from './keyfile.js';
import { checkList, checkNumber, mayNeedNumber, needsNumber, openList, readList } from './lists.js';
import { placeOf, promise, readManifest } from './manifest.js';
import {
  at, card, counted, filled, keyFileIn, keysOf, link, made, on, passphraseIn, reveal, show, slug, state, textOf, wanted,
  within, wrong,
} from './views.js';

// ---- Make keys ----

on(at('make').querySelector('form'), 'Making your keys', async (view) => {
  const name = nameIn('make-name', 'your full name');
  const role = nameIn('make-role', 'what you are');
  const passphrase = filled('make-passphrase', 'Enter a new passphrase');
  if (isWeak(passphrase)) wrong('make-passphrase', WEAK);
  if (plain(passphrase) !== plain(at('make-again').value)) wrong('make-again', 'The two passphrases are different. Enter the same one twice.');
  const file = await makeKeyFile(name, role, passphrase);
  const keys = await openKeyFile(file, passphrase); // what is given must open
  at('make-files').replaceChildren(
    link('Save your key file', `${slug(name)}.key.json`, canonical(file)),
    link('Save your registration file', `${slug(name)}.registration.json`, await registration(file, keys), 'secondary'));
  await card(at('make-card'), file);
  view.querySelector('form').reset();
  view.querySelector('form').hidden = true;
  reveal(view.querySelector('.result'));
});

function nameIn(id, what) {
  const name = filled(id, `Enter ${what}`).replace(/^ +| +$/g, '');
  if ([...name].length > 200 || /[^\P{C}]|[^\P{Z} ]/u.test(name)) wrong(id, `Enter ${what} in one line of up to 200 characters`);
  return name;
}

// ---- Show a fingerprint ----

on(at('show').querySelector('form'), '', async (view) => {
  await card(at('show-card'), await keyFileIn('show-key'));
  reveal(view.querySelector('.result'));
});

for (const button of document.querySelectorAll('[data-print]')) button.addEventListener('click', () => print());

// ---- Practise ----

on(at('practise').querySelector('form'), 'Opening the key file', async (view) => {
  const list = await textOf('practise-list', 'Choose the practice list');
  const file = await keyFileIn('practise-key');
  const keys = await keysOf(file, 'practise-passphrase', passphraseIn('practise-passphrase'));
  const answer = await within('practise-list', () => drillAnswer(file, keys, list));
  at('practise-files').replaceChildren(link('Save the answer', `${slug(file.name)}.practice.json`, answer));
  view.querySelector('form').hidden = true;
  reveal(view.querySelector('.result'));
});

// ---- Sign ----

on(at('sign-read'), '', async () => {
  const text = trimmed(await textOf('sign-manifest', 'Choose the ballot’s file, manifest.json'));
  const file = await keyFileIn('sign-key');
  const ballot = await within('sign-manifest', () => readManifest(text));
  const place = await within('sign-manifest', () => placeOf(ballot.manifest, file));
  const rows = await promise(ballot);
  at('sign-rows').replaceChildren(...rows.flatMap(([name, words]) => [made('dt', name), made('dd', words)]));
  Object.assign(state, { file, ballot, name: ballot.manifest.trustees[place - 1].name });
  at('sign-read').hidden = true;
  reveal(at('sign-promise'));
});

on(at('sign-now'), 'Signing', async (view) => {
  const { file, ballot, name } = state;
  if (!at('sign-agree').checked) wrong('sign-agree', 'Tick the box if you sign this');
  const keys = await keysOf(file, 'sign-passphrase', passphraseIn('sign-passphrase'));
  const signature = await manifestSignature(file, keys, { digest: ballot.digest, name });
  const called = `${slug(file.name)}.signature-${slug(ballot.manifest.ballot)}.json`;
  at('sign-files').replaceChildren(link('Save the signature', called, signature));
  at('sign-now').hidden = true;
  reveal(view.querySelector('.result'));
});

// ---- Sign for people who vote on paper: tellers ----

on(at('paper-read'), '', async () => {
  const text = await textOf('paper-list', 'Choose the list');
  const file = await keyFileIn('paper-key');
  const list = await within('paper-list', () => readCancelList(text));
  const rows = [['People who were given a vote on paper', counted(list.voters.length)], ['Number of this ballot', list.m]];
  at('paper-rows').replaceChildren(...rows.flatMap(([name, words]) => [made('dt', name), made('dd', words)]));
  Object.assign(state, { file, list });
  at('paper-read').hidden = true;
  reveal(at('paper-promise'));
});

on(at('paper-now'), 'Signing', async (view) => {
  const { file, list } = state;
  if (!at('paper-agree').checked) wrong('paper-agree', 'Tick the box if you sign for these papers');
  const keys = await keysOf(file, 'paper-passphrase', passphraseIn('paper-passphrase'));
  const called = `${slug(file.name)}.paper-${list.m.slice(0, 8)}.json`;
  at('paper-files').replaceChildren(link('Save your signatures', called, await cancelSignatures(file, keys, list)));
  at('paper-promise').hidden = true;
  reveal(view.querySelector('.result'));
});

// ---- Open ----

const LONGEST_LINE = 2_000_000; // characters of a list’s first line; one with 60 candidates has 20,000

const askNumber = (wanted) => { at('open-first').hidden = !wanted; };

at('open-list').addEventListener('change', async () => {
  const [file] = at('open-list').files;
  askNumber(Boolean(file) && mayNeedNumber(await file.slice(0, LONGEST_LINE).text().catch(() => '')));
});

on(at('open-check'), 'Checking the list', async () => {
  const text = await textOf('open-list', 'Choose the list of sealed votes');
  const file = await keyFileIn('open-key');
  const passphrase = passphraseIn('open-passphrase');
  const list = await within('open-list', () => readList(text));
  await within('open-list', () => checkList(list, file, new Date()));
  askNumber(needsNumber(list.head, list.manifest));
  await within('open-number', () => checkNumber(list, at('open-number').value));
  const keys = await keysOf(file, 'open-passphrase', passphrase);
  const next = await within('open-list', () => remembering(keys, list.digest, list.head.sha256));
  const isNew = canonical(next) !== canonical(keys);
  const { title, ballot } = list.manifest;
  const called = `${slug(file.name)}.key-after-${slug(ballot)}.json`;
  if (isNew) giveKeyFile(called, await sealKeyFile(file, next, passphrase));
  Object.assign(state, { list, file, keys, saved: !isNew });
  at('open-what').textContent = `It has ${counted(list.items.length)} sealed votes of “${title}”. You are number ${list.head.layer} of ${list.manifest.trustees.length} to open them.`;
  at('open-closed').textContent = `Sealed votes in the box when voting closed: ${counted(list.head.close.envelopes)}. `
    + 'This must be the number in the public log.';
  at('open-new').hidden = at('open-tick').hidden = !isNew;
  at('open-known').hidden = isNew;
  at('open-check').reset();
  at('open-check').hidden = true;
  reveal(at('open-save'));
});

function giveKeyFile(name, file) {
  const save = link('Save the new key file', name, canonical(file));
  save.addEventListener('click', () => { state.saved = true; });
  at('open-key-files').replaceChildren(save);
}

on(at('open-now'), '', async (view) => {
  const { list, file, keys } = state;
  if (!state.saved) refuse('Save the new key file first.');
  if (!at('open-tick').hidden && !at('open-saved').checked) wrong('open-saved', 'Tick the box when you have saved the new key file');
  at('open-save').hidden = true;
  reveal(at('open-progress'));
  const { said, text } = await openList(list, file, keys, tell);
  const called = `opened-${slug(list.manifest.ballot)}-${list.head.layer}.txt`;
  at('open-said').textContent = `${counted(said.in)} sealed votes came in: ${counted(said.out)} are opened and mixed, `
    + `${counted(said.duplicates)} were copies, ${counted(said.rejects.length)} did not open.`;
  at('open-files').replaceChildren(link('Save the opened votes', called, text));
  at('open-progress').hidden = true;
  reveal(view.querySelector('.result'));
});

// The bar moves always; what is read aloud changes ten times.
function tell(done, of) {
  at('open-bar').max = of;
  at('open-bar').value = done;
  const tenth = Math.floor((10 * done) / of) * 10;
  const words = `${tenth}% of ${counted(of)} sealed votes are opened.`;
  if (at('open-told').textContent !== words) at('open-told').textContent = words;
}

// ---- Start: from a disk only, and in a browser that has what is needed ----

async function fits() {
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return 'isWellFormed' in String.prototype;
  } catch {
    return false;
  }
}

if (location.protocol === 'file:') {
  fits().then((able) => {
    at('website').hidden = true;
    if (!able) {
      at('unfit').hidden = false;
      return;
    }
    addEventListener('hashchange', () => show(wanted()));
    show(wanted());
  });
}
