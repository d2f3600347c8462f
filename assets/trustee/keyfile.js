// A trustee's key file and what is proved with it: the formats of pilot/secrecy/keyfile.py and proofs.py, byte for byte.

import {
  canonical, fromBase64, fromUtf8, hasShape, isBase64, isBytes, isHex, isObject, isSignKey, isText, isWhole, joined, listOf,
  oneOf, readCanonical, refuse, sha256, toBase64, utf8,
} from './bytes.js';
import { isPoint, opened, recipient } from './hpke.js';

const ITERATIONS = 600_000;
const MOST_ITERATIONS = 10_000_000;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const FILES = {
  'pilot key': 'a key file',
  'pilot registration': 'a registration file',
  'pilot drill list': 'a practice list',
  'pilot drill': 'the answer to a practice',
  'pilot signature': 'a signature',
  'pilot list': 'a list of sealed votes',
  'pilot opened': 'a list of opened votes',
  'pilot cancel list': 'a list of people who vote on paper',
  'pilot cancel': 'the signatures of a teller',
};

export const WEAK = 'Choose a longer passphrase: at least 16 characters, for example 5 words. '
  + 'Parts that are repeated, and runs like 12345, abcde or qwerty, do not count.';
const SHORTEST = 16;
const FEWEST = 8;
const KEYBOARD = '1234567890\nqwertyuiop\nasdfghjkl\nzxcvbnm';
const WRONG_PASSPHRASE = 'This passphrase does not open this key file. Check the passphrase, and that it is the right file.';
export const SECOND_LIST = 'This key has already opened another list of this ballot. It opens no second one.';
const NOT_YOUR_DRILL = 'This practice list is not for this key file.';

const isMap = (value) => isObject(value) && Object.values(value).every(isText);
const KDF = { name: oneOf('PBKDF2-SHA-256'), iterations: isWhole, salt: isBytes(16) };
const KEY_FILE = {
  type: isText, version: oneOf(1), name: isText, role: isText, seal_key: isBytes(65), sign_key: isBytes(32),
  kdf: (value) => hasShape(value, KDF), nonce: isBytes(12), sealed: isBase64,
};
const DRILL_LIST = { type: isText, challenge: isBase64 };
const CANCEL_LIST = { type: isText, m: (value) => isHex(value, 32), voters: listOf((value) => isHex(value, 16)) };

// ---- Passphrases ----

export const plain = (passphrase) =>
  passphrase.normalize('NFC').replace(/[\t\r\n]/g, ' ').split(' ').filter(Boolean).join(' ');

export function isWeak(passphrase) {
  const characters = [...plain(passphrase).toLowerCase()];
  return telling(characters) < SHORTEST || new Set(characters).size < FEWEST;
}

// How many characters are in no three that are a run, or that stood there before.
function telling(characters) {
  const idle = new Set();
  const seen = new Set();
  for (let place = 0; place + 2 < characters.length; place++) {
    const three = characters.slice(place, place + 3);
    if (seen.has(three.join('')) || isRun(three)) for (const each of [0, 1, 2]) idle.add(place + each);
    seen.add(three.join(''));
  }
  return characters.length - idle.size;
}

function isRun(three) {
  const [first, second, third] = three.map((character) => character.codePointAt(0));
  const step = second - first;
  return (step === third - second && Math.abs(step) <= 1)
    || KEYBOARD.includes(three.join('')) || KEYBOARD.includes(three.toReversed().join(''));
}

async function stretched(kdf, passphrase) {
  const typed = await crypto.subtle.importKey('raw', utf8(plain(passphrase)), 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt: fromBase64(kdf.salt), iterations: kdf.iterations };
  return crypto.subtle.deriveKey(how, typed, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

// ---- The file ----

// A small file of this type; a file of another type is called by its name.
export function readAs(type, text, fields) {
  const notWhole = `This is not ${FILES[type]}, or it is not whole.`;
  if (text.length > 1_000_000) refuse(notWhole);
  const value = readCanonical(trimmed(text), notWhole);
  const found = isObject(value) ? value.type : undefined;
  if (found !== type && Object.hasOwn(FILES, found)) refuse(`This is ${FILES[found]}. Choose ${FILES[type]}.`);
  if (found !== type || !hasShape(value, fields)) refuse(notWhole);
  return value;
}

export const trimmed = (text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');

export async function readKeyFile(text) {
  const file = readAs('pilot key', text, KEY_FILE);
  const { iterations } = file.kdf;
  const fits = isSignKey(fromBase64(file.sign_key)) && (await isPoint(fromBase64(file.seal_key)));
  if (iterations < ITERATIONS || iterations > MOST_ITERATIONS || !fits)
    refuse('This is not a key file, or it is not whole.');
  return file;
}

function around(file) {
  const { sealed, ...rest } = file;
  return utf8(canonical(rest));
}

export async function makeKeyFile(name, role, passphrase) {
  const sealing = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
  const signing = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const [secret, point, own] = await Promise.all([
    crypto.subtle.exportKey('jwk', sealing.privateKey),
    crypto.subtle.exportKey('raw', sealing.publicKey),
    crypto.subtle.exportKey('jwk', signing.privateKey),
  ]);
  const file = {
    type: 'pilot key', version: 1, name: name.trim(), role: role.trim(),
    seal_key: toBase64(new Uint8Array(point)), sign_key: fromUrl(own.x),
    kdf: { name: 'PBKDF2-SHA-256', iterations: ITERATIONS, salt: '' }, nonce: '',
  };
  return sealKeyFile(file, { seal_secret: fromUrl(secret.d), sign_secret: fromUrl(own.d), opened: {} }, passphrase);
}

// The file with these keys in it, sealed anew with fresh chance. The passphrase stays the same.
export async function sealKeyFile(file, keys, passphrase) {
  const chance = () => crypto.getRandomValues(new Uint8Array(16));
  const nonce = chance().subarray(0, 12);
  const fresh = { ...file, kdf: { ...file.kdf, salt: toBase64(chance()) }, nonce: toBase64(nonce) };
  const how = { name: 'AES-GCM', iv: nonce, additionalData: around(fresh) };
  const sealed = await crypto.subtle.encrypt(how, await stretched(fresh.kdf, passphrase), utf8(canonical(keys)));
  return { ...fresh, sealed: toBase64(new Uint8Array(sealed)) };
}

export async function openKeyFile(file, passphrase) {
  const key = await stretched(file.kdf, passphrase);
  const how = { name: 'AES-GCM', iv: fromBase64(file.nonce), additionalData: around(file) };
  let text;
  try {
    text = await crypto.subtle.decrypt(how, key, fromBase64(file.sealed));
  } catch (trouble) {
    if (trouble instanceof DOMException) refuse(WRONG_PASSPHRASE);
    throw trouble;
  }
  const keys = readCanonical(fromUtf8(text, WRONG_PASSPHRASE), WRONG_PASSPHRASE);
  if (!hasShape(keys, { seal_secret: isBytes(32), sign_secret: isBytes(32), opened: isMap })) refuse(WRONG_PASSPHRASE);
  return keys;
}

// The keys with the list that they are about to open for H; a second list is refused.
export function remembering(keys, digest, list) {
  if (Object.hasOwn(keys.opened, digest) && keys.opened[digest] !== list) refuse(SECOND_LIST);
  return { ...keys, opened: { ...keys.opened, [digest]: list } };
}

const toUrl = (text) => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const fromUrl = (text) => {
  const plainText = text.replaceAll('-', '+').replaceAll('_', '/');
  return plainText + '='.repeat((4 - (plainText.length % 4)) % 4);
};

// The key that opens sealed votes, for hpke.js.
export function sealer(file, keys) {
  const point = fromBase64(file.seal_key);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => toUrl(toBase64(half)));
  const jwk = { kty: 'EC', crv: 'P-256', d: toUrl(keys.seal_secret), x, y };
  return crypto.subtle.importKey('jwk', jwk, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
}

// Base64 of the signature of these words.
export async function signedBy(file, keys, words) {
  const jwk = { kty: 'OKP', crv: 'Ed25519', d: toUrl(keys.sign_secret), x: toUrl(file.sign_key) };
  const key = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign']);
  return toBase64(new Uint8Array(await crypto.subtle.sign('Ed25519', key, utf8(words))));
}

// ---- What is proved with it ----

// A number that people compare: 80 bits in fours.
export async function numberOf(...parts) {
  const bits = Array.from((await sha256(joined(...parts))).subarray(0, 10), (byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{5}/g).map((five) => ALPHABET[parseInt(five, 2)]).join('').match(/.{4}/g).join('-');
}

export const fingerprint = ({ seal_key: seal, sign_key: sign }) =>
  numberOf(utf8('pilot trustee '), fromBase64(seal), fromBase64(sign));
export const tellerNumber = (sign) => numberOf(utf8('pilot teller '), fromBase64(sign));

export async function registration(file, keys) {
  const { name, role, seal_key, sign_key } = file;
  const fields = { type: 'pilot registration', version: 1, name, role, seal_key, sign_key };
  return canonical({ ...fields, signature: await signedBy(file, keys, `pilot registration ${canonical(fields)}`) });
}

export async function drillAnswer(file, keys, text) {
  const { challenge: sealed } = readAs('pilot drill list', text, DRILL_LIST);
  const to = await recipient(await sealer(file, keys), fromBase64(file.seal_key), utf8('pilot drill'));
  const inside = await opened(fromBase64(sealed), to);
  const challenge = inside ? fromUtf8(inside, NOT_YOUR_DRILL) : '';
  if (!/^pilot drill [\x20-\x7e]*$/.test(challenge)) refuse(NOT_YOUR_DRILL);
  const signature = await signedBy(file, keys, `pilot drill answer ${challenge}`);
  return canonical({ type: 'pilot drill', challenge, signature });
}

export async function manifestSignature(file, keys, { digest, name }) {
  const signature = await signedBy(file, keys, `pilot manifest ${digest}`);
  return canonical({ type: 'pilot signature', m: digest, name, signature });
}

// A list of people who vote on paper: numbers, sorted, each once.
export function readCancelList(text) {
  const list = readAs('pilot cancel list', text, CANCEL_LIST);
  const { voters } = list;
  if (!voters.length || voters.some((v, place) => place && voters[place - 1] >= v))
    refuse(`This is not ${FILES['pilot cancel list']}, or it is not whole.`);
  return list;
}

// A teller's signatures for everybody on the list.
export async function cancelSignatures(file, keys, { m, voters }) {
  const signatures = {};
  for (const v of voters) signatures[v] = await signedBy(file, keys, `pilot cancel ${m} ${v}`);
  return canonical({ type: 'pilot cancel', m, name: file.name, signatures });
}
