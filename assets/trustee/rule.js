// How a ballot is decided, in the words of pilot/voting/promised.py. A rule that is not known here is told as it is written.

import { canonical, hasShape, isHex, isText, isWhole, listOf, oneOf } from './bytes.js';

const MOST_SEATS = 25;
const WAYS = {
  'scottish-stv': 'Voters put the candidates in order, and votes that are not needed move on to the next choice '
    + '(single transferable vote, as for Scottish councils).',
  'alternative-vote': 'Voters put the candidates in order. Whoever has more than half of the papers wins; until '
    + 'then the last candidate leaves, and those papers move on to their next choice (alternative vote).',
  'meek-stv': 'Voters put the candidates in order, and votes that are not needed move on to the next choice '
    + "(single transferable vote by Meek's method).",
  'first-past-the-post': 'Voters choose one candidate, and whoever has the most votes wins (first past the post).',
  'block-plurality': 'Voters choose as many candidates as there are seats, or fewer, and those with the most votes '
    + 'win (block vote).',
  approval: 'Voters choose as many candidates as they like, and those with the most votes win (approval vote).',
};
const NAMED = { '1/2': 'half', '1/3': 'one third', '2/3': 'two thirds', '1/4': 'one quarter', '3/4': 'three quarters', 1: 'all' };
const WHOM = {
  valid: 'of the people who vote Yes or No',
  cast: 'of the people who vote, also counting those who choose neither,',
  entitled: 'of everybody who can vote',
};

// ---- A majority ----

const common = (one, other) => (other ? common(other, one % other) : one);

// Whether this is a share from 0 to 1 in the one way to write it: "0", "1", "2/3".
function isShare(value) {
  if (value === '0' || value === '1') return true;
  const found = isText(value) && /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(value);
  return Boolean(found) && Number(found[1]) < Number(found[2]) && common(Number(found[1]), Number(found[2])) === 1;
}

const MAJORITY = {
  name: oneOf('yes-no'), version: oneOf('1'), strict: (value) => typeof value === 'boolean',
  base: oneOf(...Object.keys(WHOM)), threshold: isShare, turnout_quorum: isShare, approval_quorum: isShare,
};

function share(text) {
  if (NAMED[text]) return NAMED[text];
  const [part, whole] = text.split('/').map(Number);
  return (part * 100) % whole ? `${part} in every ${whole}` : `${(part * 100) / whole}%`;
}

function majority(rule) {
  const { threshold, strict, base, turnout_quorum: turnout, approval_quorum: approval } = rule;
  if (!hasShape(rule, MAJORITY) || threshold === '0' || (strict && threshold === '1')) return null;
  const enough = threshold === '1' ? 'all' : `${strict ? 'more than' : 'at least'} ${share(threshold)}`;
  let text = `The proposal is carried if ${enough} ${WHOM[base]} vote Yes`;
  if (turnout !== '0') text += `, and at least ${share(turnout)} of everybody who can vote take part`;
  if (approval !== '0') text += `, and at least ${share(approval)} of everybody who can vote choose Yes`;
  return `${text.replaceAll(',,', ',')}.`;
}

// ---- An election ----

const KEPT = { name: isText, candidates: listOf(isWhole), least: isWhole };
const isKept = (value) => hasShape(value, KEPT) || hasShape(value, { ...KEPT, most: isWhole });

function election(rule, names) {
  const isPlace = (number) => number >= 1 && number <= names.length;
  const shape = {
    name: (value) => isText(value) && Object.hasOwn(WAYS, value), version: oneOf('1'), reopen: oneOf(0, names.length),
    seats: (value) => isWhole(value) && value >= 1 && value <= MOST_SEATS, lot: (value) => isHex(value, 32),
    reserves: (value) => listOf(isKept)(value) && value.every(({ candidates }) => candidates.every(isPlace)),
  };
  if (!hasShape(rule, shape)) return null;
  const said = [`${rule.seats} ${rule.seats === 1 ? 'seat is' : 'seats are'} filled. ${WAYS[rule.name]}`];
  for (const { name, candidates, least, most } of rule.reserves) {
    const limits = most === undefined ? `at least ${least}` : `at least ${least} and at most ${most}`;
    const group = candidates.map((number) => names[number - 1]).join('; ') || 'nobody';
    said.push(`Of these seats ${limits} go to the group “${name}”: ${group}.`);
  }
  if (rule.reopen)
    said.push(`The last on the paper is “${names.at(-1)}”. A seat that it wins stays empty, and people are asked again to stand.`);
  return [...said, `The mark of the number for lots is ${rule.lot}.`].join(' ');
}

const written = (value) => (isText(value) ? value : canonical(value));

export function decided({ rule, questions }) {
  const raw = () => Object.keys(rule).sort().map((key) => `${key} ${written(rule[key])}`).join('; ');
  return majority(rule) ?? election(rule, questions[0].options.map(({ text }) => text)) ?? raw();
}
