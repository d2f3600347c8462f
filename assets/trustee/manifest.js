// What a ballot promises, read as strictly as pilot/secrecy/manifest.py reads it, and told in the words of promised.py.

import {
  canonical, fromBase64, hasShape, hex, isBase64, isHex, isObject, isSignKey, isText, isWhole, listOf, oneOf,
  readCanonical, refuse, sha256, utf8,
} from './bytes.js';
import { isPoint } from './hpke.js';
import { fingerprint, tellerNumber } from './keyfile.js';
import { decided } from './rule.js';

const NO_MANIFEST = 'This is not what a ballot promises, or it is not whole.';
const WRONG = 'The ballot’s description is wrong: ';
const SMALLEST_ROLL = 20;
const LONGEST_PAPER = 65535;
const STAMP = 384;

const isFlag = (value) => typeof value === 'boolean';
const isTime = (value) => isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && !Number.isNaN(Date.parse(value));
const isOption = (value) => hasShape(value, { id: isText, text: isText });
const isQuestion = (value) =>
  hasShape(value, { text: isText, options: listOf(isOption), min: isWhole, max: isWhole, ranked: isFlag });
const isTrustee = (value) =>
  hasShape(value, { name: isText, role: isText, seal_key: isBase64, sign_key: isBase64, custody: oneOf('server', 'own') });
const isTeller = (value) =>
  hasShape(value, { name: isText, side: oneOf('employer', 'staff side', 'scrutineer'), sign_key: isBase64 });

const FIELDS = {
  version: isWhole, ballot: isText, kind: oneOf('vote', 'survey', 'rehearsal'), title: isText,
  questions: listOf(isQuestion), opens: isTime, closes: isTime, rule: isObject,
  roll: (value) => hasShape(value, { size: isWhole, root: isText }), stamp_key: isBase64,
  trustees: listOf(isTrustee), padded: isWhole, max_stamps: isWhole, log_key: isBase64, script: isText,
  tellers: listOf(isTeller),
};

// The manifest of a text, with H, its SHA-256 in hex.
export async function readManifest(text) {
  const value = readCanonical(text, NO_MANIFEST);
  if (!hasShape(value, FIELDS)) refuse(NO_MANIFEST);
  await checkStampKey(fromBase64(value.stamp_key));
  await checkTrustees(value.trustees);
  const distinct = (list) => new Set(list).size === list.length;
  const wrong = [
    ['its version is unknown', value.version !== 2],
    ['two trustees share a name or a key', !['name', 'seal_key', 'sign_key'].every((key) => distinct(value.trustees.map((one) => one[key])))],
    ['two tellers share a name or a key', !['name', 'sign_key'].every((key) => distinct(value.tellers.map((one) => one[key])))],
    ['a teller’s signing key cannot be used', !value.tellers.every((one) => isSignKey(fromBase64(one.sign_key)))],
    ['it asks nothing', !value.questions.length],
    ['options need different short names', !value.questions.every(hasOptions)],
    ['a question allows more or fewer answers than it has', !value.questions.every(({ min, max, options }) => min >= 0 && min <= max && max <= options.length && max > 0)],
    ['it closes before it opens', !(value.opens < value.closes)],
    [`fewer than ${SMALLEST_ROLL} people may vote`, value.roll.size < SMALLEST_ROLL],
    ['the number of its list of voters is none', !isHex(value.roll.root, 32)],
    ['the number of its script is none', !isHex(value.script, 32)],
    ['the log’s key cannot be used', !isSignKey(fromBase64(value.log_key))],
    ['another number of stamps', value.max_stamps !== 3],
  ].find(([, isWrong]) => isWrong);
  if (wrong) refuse(`${WRONG}${wrong[0]}.`);
  if (value.padded < padded(value.questions) || value.padded > 2 + STAMP + LONGEST_PAPER)
    refuse(`${WRONG}the envelopes have a wrong size.`);
  return { manifest: value, digest: hex(await sha256(utf8(text))) };
}

const hasOptions = ({ options }) =>
  new Set(options.map(({ id }) => id)).size === options.length && options.every(({ id }) => /^[\x20-\x7e]{1,64}$/.test(id));

async function checkStampKey(der) {
  let algorithm = {};
  try {
    ({ algorithm } = await crypto.subtle.importKey('spki', der, { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']));
  } catch (trouble) {
    if (!(trouble instanceof DOMException)) throw trouble;
  }
  if (algorithm.modulusLength !== 3072 || hex(algorithm.publicExponent) !== '010001')
    refuse('The stamp key must be RSA with 3072 bits and the exponent 65537.');
}

async function checkTrustees(trustees) {
  if (trustees.length < 1 || trustees.length > 9) refuse(`${WRONG}it needs between 1 and 9 trustees.`);
  for (const { seal_key: point, sign_key: signing } of trustees) {
    if (!isSignKey(fromBase64(signing))) refuse(`${WRONG}a trustee’s signing key cannot be used.`);
    if (!(await isPoint(fromBase64(point)))) refuse('A trustee’s key cannot be read.');
  }
}

// Bytes of an inner envelope that takes the longest possible answers.
function padded(questions) {
  const width = (id) => utf8(canonical(id)).length;
  const longest = questions.map(({ options, max }) =>
    options.map(({ id }) => id).sort((one, other) => width(other) - width(one)).slice(0, max));
  return 2 + STAMP + 32 + utf8(canonical({ a: longest, m: '0'.repeat(64) })).length;
}

// At which place (from 1) the keys of this file stand among a ballot's trustees.
export function placeOf(manifest, file) {
  const place = manifest.trustees.findIndex((one) =>
    one.custody === 'own' && one.seal_key === file.seal_key && one.sign_key === file.sign_key);
  if (place < 0) refuse('This key is not one of the keys of this ballot.');
  return place + 1;
}

const KINDS = {
  vote: 'A vote that decides something', survey: 'A survey', rehearsal: 'A rehearsal. It decides nothing',
};

// What a trustee who signs promises to: a name and a text for each line.
export async function promise({ manifest, digest }) {
  const rows = [['Title', manifest.title], ['Kind', KINDS[manifest.kind]], ['Ballot', manifest.ballot]];
  for (const [place, question] of manifest.questions.entries()) {
    const { min, max, ranked } = question;
    const answers = question.options.map(({ text }) => text).join('; ');
    const many = `Choose ${min === max ? min : `${min} to ${max}`}${ranked ? ', in order of choice' : ''}.`;
    rows.push([`Question ${place + 1}`, `${question.text} Answers: ${answers}. ${many}`]);
  }
  rows.push(['Voting opens', moment(manifest.opens)], ['Voting closes', moment(manifest.closes)]);
  const size = String(manifest.roll.size).replace(/\B(?=(\d{3})+$)/g, ',');
  rows.push(['People who may vote', `${size}. The number of their list is ${manifest.roll.root}`]);
  rows.push(['How it is decided', decided(manifest)]);
  for (const [place, one] of manifest.trustees.entries()) {
    const held = one.custody === 'own' ? `own keys, ${await fingerprint(one)}` : 'keys held by the server';
    rows.push([`Opens the sealed votes, number ${place + 1}`, `${one.name}, ${one.role}: ${held}`]);
  }
  for (const { name, side, sign_key: key } of manifest.tellers)
    rows.push(['Takes votes on paper', `${name}, ${side}: own key, ${await tellerNumber(key)}`]);
  return [...rows, ['Number of this ballot', digest]];
}

const UK_TIME = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
});

function moment(text) {
  const { day, month, year, hour, minute } = Object.fromEntries(
    UK_TIME.formatToParts(new Date(text)).map(({ type, value }) => [type, value]));
  return `${day} ${month} ${year} at ${hour}:${minute}, UK time`;
}
