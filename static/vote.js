// Question, check and cast: one document, so that the answer is in no request before it is sealed. A survey is answered
// by the same script: its page brings its own words and leaves out the check code and the checking file.
// What leaves this page: a blinded paper (384 bytes) and a sealed envelope (always the same length).
// Nothing is kept by the browser. The formats are those of docs/record-format.md.

const data = JSON.parse(document.getElementById('ballot').textContent);
const WARN_AFTER = 150_000; // milliseconds without a touch until the page asks, and …
const CLEAR_AFTER = 180_000; // … until it clears itself
const SAVED = 'Saved. Look for checking-file.json in the downloads of this browser.';

const { Stopped, checkCode, describe, fill, sealStamped, send, stop, sentences } = await import(data.sealing);
Object.assign(sentences, {
  casting: 'Casting your vote …',
  cast: 'Cast vote',
  noReceipt: 'The receipt for your vote is not right, so we cannot say that it is in the box. Do not vote again yet: ' +
    'keep this page open and tell the returning officer and the scrutineer.',
}, data.words);

const at = (id) => document.getElementById(id);

// ---- Casting ----

let attempt = null; // one filled paper and how far it has come; a change of the answers begins another
let kept = null; // what a checking file of the vote that was cast would hold, until the page is cleared

async function cast(answers) {
  const ballot = await described;
  const parts = await sealing;
  attempt ??= { answers };
  const mine = attempt;
  if (!mine.blinded) Object.assign(mine, await fill(answers, ballot, parts));
  if (!mine.envelope) {
    const signed = await send('POST', data.stamp, mine.blinded.blindedMsg, data);
    Object.assign(mine, await sealStamped(mine, signed, ballot, parts));
  }
  const heard = (headers) => { mine.left = headers.get('pilot-left'); };
  mine.receipt = await send('PUT', data.cast, mine.envelope, { ...data, heard });
  const { isRight } = await receipts;
  if (!(await isRight(mine.receipt, ballot, data.v, mine.envelope).catch(() => false))) stop(sentences.noReceipt);
  for (const part of document.querySelectorAll('[data-left]')) part.hidden = part.dataset.left !== mine.left;
  kept = mine;
  return checkCode(mine.paper);
}

// ---- The page: one part at a time ----

const PARTS = ['question', 'check', 'done'];
const titles = Object.fromEntries(PARTS.map((part) => [part, at(part).dataset.title]));
const places = [...document.querySelectorAll('[data-chosen]')];
let controls = null; // of the paper on the page, once it is known that they ask what was signed
let answers = null;
let busy = false;

function show(part) {
  for (const name of PARTS) at(name).hidden = name !== part;
  at('before').hidden = part === 'done';
  at('finish').hidden = part === 'check'; // nobody shall take “Finish” for “Cast vote”
  at('finish').querySelector('button').classList.toggle('nhsuk-button--secondary', part !== 'done');
  document.title = `${titles[part]} – ${data.service}`;
  at(part).querySelector('h1').focus();
  scrollTo(0, 0);
}

function complain(part, problems) {
  const summary = at(`${part}-problem`);
  summary.querySelector('.pilot-problem').replaceChildren(...problems.map(({ sentence, id }) => {
    const line = document.createElement(id ? 'a' : 'span');
    line.textContent = sentence;
    if (!id) return line;
    line.href = `#${id}`;
    const item = document.createElement('li');
    item.append(line);
    return item;
  }));
  summary.hidden = !problems.length;
  if (!problems.length) return;
  document.title = `Error: ${titles[part]} – ${data.service}`;
  summary.focus();
}

at('question-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const problems = controls.problems();
  complain('question', problems);
  if (problems.length) return;
  complain('check', []);
  answers = controls.answers;
  if (attempt && JSON.stringify(attempt.answers) !== JSON.stringify(answers)) attempt = null;
  controls.show(places);
  if (at('empty')) at('empty').hidden = answers.some((answer) => answer.length);
  show('check');
});

at('change').addEventListener('click', () => busy || show('question'));

at('cast').addEventListener('click', async () => {
  if (busy) return;
  busy = true;
  at('cast').setAttribute('aria-disabled', 'true');
  at('cast').textContent = sentences.casting;
  complain('check', []);
  try {
    const code = await cast(answers);
    if (at('code')) at('code').textContent = code;
    controls.clear(places);
    answers = attempt = null;
    show('done');
  } catch (trouble) {
    const known = trouble instanceof Stopped;
    if (!known) attempt = null;
    complain('check', [{ sentence: known ? trouble.message : sentences.unfit }]);
    at('again').hidden = !(known && trouble.again);
    at('signed-out').hidden = !(known && trouble.message.startsWith('You have been signed out'));
  }
  at('cast').textContent = at('again').hidden ? sentences.cast : 'Try again';
  at('cast').removeAttribute('aria-disabled');
  busy = false;
});

at('keep')?.addEventListener('click', async () => {
  const { checkingFile, keep } = await receipts;
  keep(checkingFile(await described, kept), 'checking-file.json');
  at('kept').textContent = SAVED;
});

// ---- A shared computer: hide the page, clear it when nobody is there ----

let touched = Date.now();
let escapes = [];
const cover = at('cover');

function hide(hidden) {
  document.body.classList.toggle('pilot-hidden-page', hidden);
  cover.hidden = !hidden;
  if (hidden) at('uncover').focus();
}

at('hide').addEventListener('click', () => hide(true));
at('uncover').addEventListener('click', () => hide(false));
at('stay').addEventListener('click', () => at('idle').close());
for (const kind of ['pointerdown', 'keydown', 'input', 'scroll'])
  addEventListener(kind, () => { touched = Date.now(); }, { capture: true });
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  escapes = [...escapes, Date.now()].filter((then) => Date.now() - then < 1500);
  if (escapes.length >= 3) {
    escapes = [];
    at('idle').close();
    hide(true);
  }
});
const watch = setInterval(() => {
  const idle = Date.now() - touched;
  if (idle >= CLEAR_AFTER) {
    clearInterval(watch); // a second submission would cut the first one off
    at('finish').submit();
  } else if (idle >= WARN_AFTER && !at('idle').open) at('idle').showModal();
}, 1000);
addEventListener('pageshow', (event) => event.persisted && location.reload());

// ---- Start ----

const described = describe(data);
const sealing = import(data.seal);
const receipts = import(data.receipt);
Promise.all([described, import(data.paper), sealing, receipts]).then(([ballot, { Paper }]) => {
  controls = new Paper(at('question-form'), ballot.manifest.questions);
  if (!controls.agrees()) stop(`${sentences.wrong} (the page does not ask what was signed).`);
  controls.begin();
  at('loading').hidden = true;
  if (at('compared')) at('compared').textContent = ballot.compared
    ? 'It is the vote on your poster or slip.'
    : 'You did not come by the link on a poster, so it was not compared.';
  show('question');
}).catch((trouble) => {
  at('loading').hidden = true;
  at('stopped').hidden = false;
  at('stopped-words').textContent = trouble instanceof Stopped ? trouble.message : sentences.unfit;
  at('stopped').focus();
});
