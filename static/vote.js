// Question, check and cast: one document, so that the answer is in no request before it is sealed.
// What leaves this page: a blinded paper (384 bytes) and a sealed envelope (always the same length).
// Nothing is kept by the browser. The formats are those of docs/record-format.md.

const data = JSON.parse(document.getElementById('ballot').textContent);
const TRIES_AFTER = 20_000; // milliseconds until a request without an answer counts as lost
const WARN_AFTER = 150_000; // milliseconds without a touch until the page asks, and …
const CLEAR_AFTER = 180_000; // … until it clears itself
const LOST = 'We could not reach the service. Your vote is not lost. Try again.';
const UNFIT = 'This browser cannot seal a vote. Use another computer or your phone, or ask for a paper vote.';
const WRONG = 'Something about this vote is not right, so it was not cast. Tell the returning officer';
const NO_RECEIPT = 'The receipt for your vote is not right, so we cannot say that it is in the box. Do not vote again yet: ' +
  'keep this page open and tell the returning officer and the scrutineer.';

const at = (id) => document.getElementById(id);
const text = (string) => new TextEncoder().encode(string);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const fromBase64 = (string) => Uint8Array.from(atob(string), (letter) => letter.charCodeAt(0));

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((place, part) => (whole.set(part, place), place + part.length), 0);
  return whole;
}

class Stopped extends Error {} // a sentence for the voter; `again` says whether trying again can help

function stop(sentence, again = false) {
  const stopped = new Stopped(sentence);
  stopped.again = again;
  throw stopped;
}

// ---- The ballot's description: nothing is sealed for one that its trustees have not signed ----

async function describe() {
  const bytes = text(data.manifest);
  const digest = hex(await sha256(bytes));
  const manifest = JSON.parse(data.manifest);
  if (digest !== data.digest) stop(`${WRONG} (the description was changed).`);
  const fragment = location.hash.match(/^#([0-9a-f]{64})$/);
  if (fragment && fragment[1] !== digest) stop(`${WRONG} (it is not the vote on your poster).`);
  const signed = JSON.parse(data.signatures).trustees;
  if (signed.length !== manifest.trustees.length) stop(`${WRONG} (a signature is missing).`);
  for (const [place, trustee] of manifest.trustees.entries()) {
    const key = await crypto.subtle.importKey('raw', fromBase64(trustee.sign_key), 'Ed25519', false, ['verify']);
    const signature = fromBase64(signed[place].signature);
    if (!(await crypto.subtle.verify('Ed25519', key, signature, text(`pilot manifest ${digest}`))))
      stop(`${WRONG} (${trustee.name} has not signed it).`);
  }
  const stampKey = await crypto.subtle.importKey(
    'spki', fromBase64(manifest.stamp_key), { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']);
  const { modulusLength, publicExponent } = stampKey.algorithm;
  if (modulusLength !== 3072 || hex(publicExponent) !== '010001') stop(`${WRONG} (its key has a wrong size).`);
  return { manifest, digest, stampKey, compared: Boolean(fragment) };
}

// ---- Sealing ----

function pack(paper, stamp, padded) {
  const length = new Uint8Array([paper.length >> 8, paper.length & 255]);
  const body = joined(length, stamp, paper);
  if (body.length > padded) stop(`${WRONG} (the answers do not fit).`);
  return joined(body, new Uint8Array(padded - body.length));
}

// The envelope, and the one-time key of each seal: with them the voter can show later how it was made.
async function seal(inner, { manifest, digest }, { CipherSuite, DhkemP256HkdfSha256, HkdfSha256, Aes256Gcm }) {
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const keys = [];
  let sealed = inner;
  for (let layer = manifest.trustees.length; layer > 0; layer--) {
    const raw = fromBase64(manifest.trustees[layer - 1].seal_key);
    const recipientPublicKey = await suite.kem.deserializePublicKey(raw.buffer);
    const info = text(`${digest}/${layer}`);
    const ekm = await suite.kem.generateKeyPair();
    const sender = await suite.createSenderContext({ recipientPublicKey, info: info.buffer, ekm });
    sealed = joined(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(sealed.buffer)));
    keys.unshift(new Uint8Array(await suite.kem.serializePrivateKey(ekm.privateKey)));
  }
  return { envelope: sealed, keys };
}

async function checkCode(paper) {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const first = (await sha256(paper)).slice(0, 10);
  const bits = Array.from(first, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{5}/g).map((five) => alphabet[parseInt(five, 2)]);
  return letters.join('').match(/.{4}/g).join('-');
}

// ---- Talking to the server: the same bytes again after a lost answer, so that a vote counts once ----

async function send(method, address, body) {
  let answer;
  try {
    answer = await fetch(address, {
      method, body, cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(TRIES_AFTER),
      headers: { 'content-type': 'application/octet-stream', accept: 'application/json', 'x-csrftoken': data.form },
    });
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  } catch {
    stop(LOST, true);
  }
  if (answer.status >= 500) stop(LOST, true);
  if (answer.status === 403 && !(await stillSignedIn()))
    stop('You have been signed out, so your vote was not cast. Enter your voting code again.');
  const { reason } = await answer.json().catch(() => ({ reason: LOST }));
  stop(reason.endsWith('.') ? reason : `${reason}.`);
}

async function stillSignedIn() {
  const page = await fetch(location.pathname, { method: 'GET', cache: 'no-store' }).catch(() => null);
  return Boolean(page?.ok);
}

let attempt = null; // one filled paper and how far it has come; a change of the answers begins another
let kept = null; // what a checking file of the vote that was cast would hold, until the page is cleared

async function cast(answers) {
  const ballot = await described;
  const parts = await sealing;
  attempt ??= { answers };
  const mine = attempt;
  if (!mine.blinded) {
    const stamping = parts.stamping();
    const paper = stamping.prepare(text(JSON.stringify({ a: answers, m: ballot.digest })));
    Object.assign(mine, { stamping, paper, blinded: await stamping.blind(ballot.stampKey, paper) });
  }
  if (!mine.envelope) {
    const signed = await send('POST', data.stamp, mine.blinded.blindedMsg);
    const stamp = await mine.stamping.finalize(ballot.stampKey, mine.paper, signed, mine.blinded.inv)
      .catch(() => stop(`${WRONG} (the stamp is wrong).`));
    Object.assign(mine, { stamp }, await seal(pack(mine.paper, stamp, ballot.manifest.padded), ballot, parts));
  }
  mine.receipt = await send('PUT', data.cast, mine.envelope);
  const { isRight } = await receipts;
  if (!(await isRight(mine.receipt, ballot, data.v, mine.envelope).catch(() => false))) stop(NO_RECEIPT);
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
  show('check');
});

at('change').addEventListener('click', () => busy || show('question'));

at('cast').addEventListener('click', async () => {
  if (busy) return;
  busy = true;
  at('cast').setAttribute('aria-disabled', 'true');
  at('cast').textContent = 'Casting your vote …';
  complain('check', []);
  try {
    at('code').textContent = await cast(answers);
    controls.clear(places);
    answers = attempt = null;
    show('done');
  } catch (trouble) {
    const known = trouble instanceof Stopped;
    if (!known) attempt = null;
    complain('check', [{ sentence: known ? trouble.message : UNFIT }]);
    at('again').hidden = !(known && trouble.again);
    at('signed-out').hidden = !(known && trouble.message.startsWith('You have been signed out'));
  }
  at('cast').textContent = at('again').hidden ? 'Cast vote' : 'Try again';
  at('cast').removeAttribute('aria-disabled');
  busy = false;
});

at('keep').addEventListener('click', async () => {
  const { checkingFile, keep } = await receipts;
  keep(checkingFile(await described, kept), 'checking-file.json');
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

const described = describe();
const sealing = import(data.seal);
const receipts = import(data.receipt);
Promise.all([described, import(data.paper), sealing, receipts]).then(([ballot, { Paper }]) => {
  controls = new Paper(at('question-form'), ballot.manifest.questions);
  if (!controls.agrees()) stop(`${WRONG} (the page does not ask what was signed).`);
  controls.begin();
  at('loading').hidden = true;
  at('compared').textContent = ballot.compared
    ? 'It is the vote on your poster or slip.'
    : 'You did not come by the link on a poster, so it was not compared.';
  show('question');
}).catch((trouble) => {
  at('loading').hidden = true;
  at('stopped').hidden = false;
  at('stopped-words').textContent = trouble instanceof Stopped ? trouble.message : UNFIT;
  at('stopped').focus();
});
