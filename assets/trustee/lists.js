// The list of sealed votes that a trustee gets and the opened votes that go back: pilot/secrecy/lists.py and peel.py.

import {
  canonical, fromBase64, fromBinary, fromHex, hasShape, hex, isBase64, isBytes, isHex, isObject, isSigned, isText, isWhole,
  listOf, oneOf, readCanonical, refuse, sha256, toBinary, utf8,
} from './bytes.js';
import { openedAll, recipient } from './hpke.js';
import { numberOf, sealer, signedBy } from './keyfile.js';
import { stands } from './log.js';
import { placeOf, readManifest } from './manifest.js';

const NO_LIST = 'This is not a list of sealed votes, or it is not whole.';
const NOT_CLOSED = 'This list does not show that voting has closed.';
const TOO_EARLY = 'By the clock of this computer voting is not over. Nothing is opened before. Is the date right?';
const OTHER_NUMBER = 'This list has another number than the one that you entered. Nothing was opened. Ask the scrutineer for '
  + 'the number once more; if it stays another one, open nothing and tell the other trustees.';
const LAYER = 65 + 16;

const isPlace = (value) => hasShape(value, { leaf: isWhole, proof: listOf(isText), checkpoint: isText });
const HEAD = {
  type: oneOf('pilot list'), version: oneOf(1), manifest: isText, layer: isWhole, count: isWhole, sha256: isText,
  before: listOf(isObject), close: isObject, closed: isPlace,
};
const STATEMENT = {
  m: isText, i: isWhole, sha256_in: isText, sha256_out: isText, in: isWhole, out: isWhole, duplicates: isWhole,
  rejects: listOf(isText), signature: isBytes(),
};

// An item is a string with one character for each byte, so that items sort and compare as bytes do.
export async function readList(text) {
  const [first, ...lines] = text.replaceAll('\r\n', '\n').replace(/\n+$/, '').split('\n');
  const head = readCanonical(first, NO_LIST);
  if (!hasShape(head, HEAD) || !lines.every(isBase64)) refuse(NO_LIST);
  const items = lines.map(atob);
  if (items.some((item, place) => place > 0 && items[place - 1] > item)) refuse(NO_LIST);
  if (items.length !== head.count)
    refuse(`This list is not whole: it has ${items.length} of ${head.count} sealed votes. Download it again.`);
  return { head, items, ...(await readManifest(head.manifest)) };
}

const named = async (items) => Promise.all(items.map(async (item) => hex(await sha256(fromBinary(item)))));

// SHA-256 of the sorted names of the items, a line each.
export async function listHash(items) {
  const lines = (await named(items)).sort().map((name) => `${name}\n`);
  return hex(await sha256(utf8(lines.join(''))));
}

// Whether whoever opens compares the number of the list: nobody with keys of their own has opened before them.
export const needsNumber = ({ layer }, { trustees }) => trustees.slice(0, layer - 1).every(({ custody }) => custody !== 'own');

// The same by a file’s first line alone, of which nothing is checked yet: it only says whether the page asks for it.
export function mayNeedNumber(text) {
  try {
    const head = JSON.parse(text.split('\n', 1)[0]);
    return needsNumber(head, JSON.parse(head.manifest));
  } catch {
    return false;
  }
}

// The number of the list must be the one that somebody else has from the public log: the website has the log’s key, so it
// could sign a log of its own around any list. Later trustees’ lists begin with what the first one has signed.
export async function checkNumber({ head, manifest }, typed) {
  if (!needsNumber(head, manifest)) return;
  const plain = (number) => number.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');
  if (!typed.trim()) refuse('Enter the number of the list. The scrutineer has it from the public log.');
  if (plain(typed) !== plain(await numberOf(fromHex(head.close.sha256)))) refuse(OTHER_NUMBER);
}

// Everything else that must hold before anything is opened, but what the key file remembers; `now` by this computer’s clock.
export async function checkList(list, file, now) {
  const { head, manifest, items } = list;
  const place = placeOf(manifest, file);
  if (place !== head.layer)
    refuse(`This list is for trustee number ${head.layer}; you are number ${place} of this ballot.`);
  if (head.before.length !== head.layer - 1) refuse(NO_LIST);
  if (now < Date.parse(manifest.closes)) refuse(TOO_EARLY);
  await checkClose(list);
  let came = { list: head.close.sha256, count: head.close.envelopes };
  for (const [place, entry] of head.before.entries()) came = await follow(list, place + 1, entry, came);
  const found = await listHash(items);
  if (found !== head.sha256) refuse('This list was altered on its way. Download it again.');
  if (found !== came.list) refuse('This is not the list that the log or the trustee before has signed.');
  if (items.length !== came.count)
    refuse('This list has another number of sealed votes than the log or the trustee before has signed.');
}

async function checkClose({ head, manifest, digest }) {
  const { close, closed } = head;
  const fits = close.type === 'close' && close.m === digest && close.roll === manifest.roll.size
    && isWhole(close.envelopes) && isHex(close.sha256, 32);
  if (!fits || !(await stands(canonical(close), closed, digest, fromBase64(manifest.log_key)))) refuse(NOT_CLOSED);
}

// What an earlier trustee left, if its signed statement follows from what came to it.
async function follow({ manifest, digest }, place, { type, ...entry }, came) {
  if (!hasShape(entry, STATEMENT) || !(type === undefined || isText(type))) refuse('What a trustee signed about an opening cannot be read.');
  const { signature, ...said } = entry;
  const { name, sign_key: key } = manifest.trustees[place - 1];
  const wrong = [
    ['its signature is wrong', !(await isSigned(fromBase64(key), utf8(`pilot peel ${canonical(said)}`), fromBase64(signature)))],
    ['it is of another vote, or of another opening', said.m !== digest || said.i !== place],
    ['the list that came in is not the one that the log or the opening before gave', said.sha256_in !== came.list],
    ['its counts are not those of the lists', said.in !== came.count],
    ['items were added or dropped', said.in !== said.out + said.duplicates + said.rejects.length || Math.min(said.out, said.duplicates) < 0],
  ].find(([, isWrong]) => isWrong);
  if (wrong) refuse(`Opening ${place} by ${name}: ${wrong[0]}.`);
  return { list: said.sha256_out, count: said.out };
}

// The opened file, as the parts of a Blob, and what the trustee says in it. `tell` hears how far it has come.
export async function openList({ head, manifest, digest, items }, file, keys, tell) {
  const to = await recipient(await sealer(file, keys), fromBase64(file.seal_key), utf8(`${digest}/${head.layer}`));
  const length = manifest.padded + LAYER * (manifest.trustees.length - head.layer + 1);
  const bytes = items.map((item) => (item.length === length ? fromBinary(item) : new Uint8Array(0)));
  const inside = await openedAll(bytes, to, tell);
  const rejects = (await named(items.filter((_, place) => !inside[place]))).sort();
  const all = inside.filter(Boolean).map(toBinary);
  const out = [...new Set(all)].sort();
  const said = {
    m: digest, i: head.layer, sha256_in: head.sha256, sha256_out: await listHash(out),
    in: items.length, out: out.length, duplicates: all.length - out.length, rejects,
  };
  const entry = { ...said, signature: await signedBy(file, keys, `pilot peel ${canonical(said)}`) };
  const lines = [canonical({ type: 'pilot opened', version: 1, entry }), ...out.map(btoa), ''];
  return { said, text: lines.join('\n') };
}
