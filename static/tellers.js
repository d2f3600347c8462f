// Two tellers put the papers of a vote in: each types all of them, the two piles are compared, and then this page seals
// every paper and sends it under the number of somebody who was given one, taken at random. No plain paper leaves the page.
// The sealed papers wait until the second teller has typed their number where they themselves are signed in.

const data = JSON.parse(document.getElementById('ballot').textContent);
const AT_ONCE = 50; // papers in one request for stamps
const WAIT = 120_000; // milliseconds until a request without an answer counts as lost
const SENDING = {
  form: data.form,
  type: 'application/json',
  wait: WAIT,
  lost: 'We could not reach the service. Keep this page open and try again. No paper is put in twice.',
  out: 'You have been signed out. Keep this page open, sign in again in another window of this browser, and try again.',
};
const OTHER_PAPERS = 'The service has other papers than this page. Do not confirm them. Throw them away, and tell the returning ' +
  'officer and the scrutineer.';
const NO_RECEIPT = 'A receipt is not right, so we cannot say that the papers are in the box. Keep the papers, and tell the ' +
  'returning officer and the scrutineer.';
const TELLERS = ['first', 'second'];

const { Stopped, checkCode, describe, fill, sealStamped, send, sentences, stop, text } = await import(data.sealing);

const at = (id) => document.getElementById(id);
const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const fromBase64 = (string) => Uint8Array.from(atob(string), (letter) => letter.charCodeAt(0));
const papersOf = (number) => (number === 1 ? '1 paper' : `${number} papers`);
const parsed = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

const described = describe(data);
const sealing = import(data.seal);
const receipts = import(data.receipt);

const piles = [[], []]; // each paper as the text of its answers
const PARTS = ['begin', 'typing', 'compare', 'putting', 'waiting', 'done'];
let controls = null;
let who = 0; // which teller types
let attempt = null; // papers and how far they have come; a change of the papers begins another
let busy = false;
let over = false;

function show(part) {
  for (const name of PARTS) at(name).hidden = name !== part;
  complain('');
  at(part).querySelector('h2')?.focus();
  scrollTo(0, 0);
}

function complain(sentence) {
  at('problem').hidden = !sentence;
  at('problem-words').textContent = sentence;
  if (sentence) at('problem').focus();
}

function made(tag, words, className = '') {
  const element = document.createElement(tag);
  element.textContent = words;
  element.className = className;
  return element;
}

// ---- Typing ----

function type(teller) {
  who = teller;
  attempt = null;
  at('typing-title').textContent = `The ${TELLERS[who]} teller types all papers`;
  fresh();
  show('typing');
}

function fresh() {
  controls.begin();
  controls.problems();
  for (const asked of controls.asked) asked.mark(null);
  at('typed').textContent = `${papersOf(piles[who].length)} typed.`;
  at('undo').hidden = !piles[who].length;
}

at('start').addEventListener('click', () => type(0));

at('paper-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const [problem] = controls.problems();
  if (problem) return complain(`${problem.sentence}.`);
  if (piles[who].length >= data.missing.length)
    return complain(`Two tellers have signed for ${papersOf(data.missing.length)}. There cannot be more papers.`);
  piles[who].push(JSON.stringify(controls.answers));
  complain('');
  fresh();
  controls.groups[0].querySelector('[data-option]').focus();
});

at('undo').addEventListener('click', () => {
  piles[who].pop();
  complain('');
  fresh();
});

at('finished').addEventListener('click', () => {
  if (!piles[who].length) return complain('Type at least one paper. If no paper came back, there is nothing to put in.');
  if (who === 0 && !piles[1].length) return type(1);
  compare();
});

// ---- Comparing: the order does not matter ----

function tally(pile) {
  const found = new Map();
  for (const paper of pile) found.set(paper, (found.get(paper) ?? 0) + 1);
  return found;
}

function words(paper) {
  return JSON.parse(paper).map((chosen, place) => {
    const { options, ranked } = controls.questions[place];
    const names = chosen.map((id) => options.find((option) => option.id === id).text);
    if (!names.length) return controls.groups[place].dataset.blank;
    return ranked ? names.map((name, nth) => `${nth + 1} ${name}`).join(', ') : names.join(', ');
  }).join('; ');
}

function compare() {
  const counts = piles.map(tally);
  const different = [...new Set(piles.flat())].filter((paper) => counts[0].get(paper) !== counts[1].get(paper)).sort();
  if (!different.length) return prepare();
  at('differences').replaceChildren(...different.map((paper) => {
    const part = document.createElement('div');
    part.className = 'nhsuk-inset-text';
    part.append(made('p', words(paper), 'nhsuk-u-font-weight-bold'));
    for (const teller of [0, 1]) {
      const count = counts[teller].get(paper) ?? 0;
      part.append(made('p', `The ${TELLERS[teller]} teller typed ${count ? papersOf(count) : 'no paper'} like this.`));
      if (!count) continue;
      const button = made('button', 'Take one of these away', 'nhsuk-button nhsuk-button--secondary nhsuk-button--small');
      button.type = 'button';
      button.append(made('span', ` from the ${TELLERS[teller]} teller: ${words(paper)}`, 'nhsuk-u-visually-hidden'));
      button.addEventListener('click', () => {
        piles[teller].splice(piles[teller].indexOf(paper), 1);
        compare();
      });
      part.append(button);
    }
    return part;
  }));
  show('compare');
}

at('more-1').addEventListener('click', () => type(0));
at('more-2').addEventListener('click', () => type(1));

// ---- Sealing and putting in ----

function prepare() {
  if (!piles[0].length) return type(0);
  const given = data.missing.length;
  at('same').replaceChildren(made('p', `${papersOf(piles[0].length)}. Two tellers have signed for ${papersOf(given)}.`));
  at('fewer').hidden = piles[0].length === given;
  show('putting');
}

at('again').addEventListener('click', () => busy || type(0));

// The numbers in an order of chance: which paper goes under which number is known to nobody.
function shuffled(numbers) {
  const keyed = numbers.map((number) => [crypto.getRandomValues(new BigUint64Array(1))[0], number]);
  return keyed.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, number]) => number);
}

async function stamped(papers, ballot, parts) {
  for (let start = 0; start < papers.length; start += AT_ONCE) {
    const some = papers.slice(start, start + AT_ONCE).filter((paper) => !paper.envelope);
    if (!some.length) continue;
    const blinded = Object.fromEntries(some.map((paper) => [paper.v, base64(paper.blinded.blindedMsg)]));
    const { stamps } = parsed(await send('POST', data.stamps, JSON.stringify({ papers: blinded }), SENDING));
    for (const paper of some) Object.assign(paper, await sealStamped(paper, fromBase64(stamps[paper.v]), ballot, parts));
  }
}

// The number that stands for all sealed papers: the list of their hashes, sorted, so that their order never matters.
async function numberOf(papers) {
  const names = await Promise.all(papers.map(async ({ envelope }) => {
    const name = new Uint8Array(await crypto.subtle.digest('SHA-256', envelope));
    return `${Array.from(name, (byte) => byte.toString(16).padStart(2, '0')).join('')}\n`;
  }));
  return checkCode(text(names.sort().join('')));
}

// The same bytes each time: first the service keeps them, and answers with receipts when they have been confirmed.
async function putIn() {
  const [ballot, parts, { isRight }] = await Promise.all([described, sealing, receipts]);
  if (!attempt) {
    const numbers = shuffled(data.missing);
    attempt = [];
    for (const [place, paper] of piles[0].entries())
      attempt.push({ v: numbers[place], ...(await fill(JSON.parse(paper), ballot, parts)) });
  }
  const papers = attempt;
  await stamped(papers, ballot, parts);
  const sealed = Object.fromEntries(papers.map((paper) => [paper.v, base64(paper.envelope)]).sort());
  const why = at('fewer').hidden ? '' : at('why').value.trim();
  const body = JSON.stringify({ papers: sealed, why_fewer: why, again: attempt.kept ?? false });
  const { number, receipts: told } = parsed(await send('PUT', data.envelopes, body, SENDING));
  const mine = await numberOf(papers);
  if (number !== mine.replaceAll('-', '')) stop(OTHER_PAPERS);
  at('number').textContent = mine;
  attempt.kept = true;
  if (!told) return false;
  for (const { v, envelope } of papers) {
    const bytes = text(JSON.stringify(told[v] ?? {}));
    if (!(await isRight(bytes, ballot, v, envelope, 'teller envelope').catch(() => false))) stop(NO_RECEIPT);
  }
  return true;
}

function done() {
  at('done-words').textContent = `${papersOf(attempt.length)}, sealed and mixed with all other votes`;
  over = true;
  piles.forEach((pile) => pile.splice(0));
  attempt = null;
  controls.clear([]);
  show('done');
}

// Send what there is, while `button` says so; then either all is done, or `waits` is called.
async function tryToPutIn(button, waits) {
  if (busy) return;
  const words = button.textContent;
  busy = true;
  complain('');
  button.setAttribute('aria-disabled', 'true');
  button.textContent = 'Please wait …';
  try {
    if (await putIn()) done();
    else waits();
  } catch (trouble) {
    complain(trouble instanceof Stopped ? trouble.message : sentences.unfit);
  }
  button.textContent = words;
  button.removeAttribute('aria-disabled');
  busy = false;
}

at('put-form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!at('fewer').hidden && !at('why').value.trim()) return complain('Say why there are fewer papers than two tellers have signed for.');
  tryToPutIn(at('put'), () => show('waiting'));
});

at('look').addEventListener('click', () => {
  at('not-yet').textContent = '';
  tryToPutIn(at('look'), () => { at('not-yet').textContent = 'Not yet. The second teller has not confirmed the papers.'; });
});

addEventListener('beforeunload', (event) => {
  if (!over && piles.flat().length) event.preventDefault();
});
addEventListener('pageshow', (event) => event.persisted && location.reload());

// ---- Start ----

Promise.all([described, import(data.paper), sealing, receipts]).then(([ballot, { Paper }]) => {
  controls = new Paper(at('paper-form'), ballot.manifest.questions);
  if (!controls.agrees()) stop('The page does not ask what was signed. Tell the returning officer.');
  controls.begin();
  show('begin');
  at('start').focus();
}).catch((trouble) => {
  at('stopped').hidden = false;
  at('stopped').textContent = trouble instanceof Stopped ? trouble.message : sentences.unfit;
  at('stopped').focus();
});
