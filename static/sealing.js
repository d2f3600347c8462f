// What seals a paper: the ballot's description is checked, the paper is packed and sealed, and bytes go to the server.
// Used by voters and whoever answers a survey (vote.js), and by tellers for votes on paper (tellers.js).
// The formats are those of docs/record-format.md.

const TRIES_AFTER = 20_000; // milliseconds until a request without an answer counts as lost

// What people read when something is wrong. A page that seals something else than a vote puts its own words in.
export const sentences = {
  lost: 'We could not reach the service. Your vote is not lost. Try again.',
  out: 'You have been signed out, so your vote was not cast. Enter your voting code again.',
  unfit: 'This browser cannot seal a vote. Use another computer or your phone, or ask for a paper vote.',
  wrong: 'Something about this vote is not right, so it was not cast. Tell the returning officer',
};

export const text = (string) => new TextEncoder().encode(string);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
export const fromBase64 = (string) => Uint8Array.from(atob(string), (letter) => letter.charCodeAt(0));

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((place, part) => (whole.set(part, place), place + part.length), 0);
  return whole;
}

export class Stopped extends Error {} // a sentence for the voter; `again` says whether trying again can help

export function stop(sentence, again = false) {
  const stopped = new Stopped(sentence);
  stopped.again = again;
  throw stopped;
}

// ---- The ballot's description: nothing is sealed for one that its trustees have not signed ----

// `data` is what the page was given: manifest, signatures and digest. A number in the address must be the same.
export async function describe(data) {
  const bytes = text(data.manifest);
  const digest = hex(await sha256(bytes));
  const manifest = JSON.parse(data.manifest);
  if (digest !== data.digest) stop(`${sentences.wrong} (the description was changed).`);
  const fragment = location.hash.match(/^#([0-9a-f]{64})$/);
  if (fragment && fragment[1] !== digest) stop(`${sentences.wrong} (it is not the vote on your poster).`);
  const signed = JSON.parse(data.signatures).trustees;
  if (signed.length !== manifest.trustees.length) stop(`${sentences.wrong} (a signature is missing).`);
  for (const [place, trustee] of manifest.trustees.entries()) {
    const key = await crypto.subtle.importKey('raw', fromBase64(trustee.sign_key), 'Ed25519', false, ['verify']);
    const signature = fromBase64(signed[place].signature);
    if (!(await crypto.subtle.verify('Ed25519', key, signature, text(`pilot manifest ${digest}`))))
      stop(`${sentences.wrong} (${trustee.name} has not signed it).`);
  }
  const stampKey = await crypto.subtle.importKey(
    'spki', fromBase64(manifest.stamp_key), { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']);
  const { modulusLength, publicExponent } = stampKey.algorithm;
  if (modulusLength !== 3072 || hex(publicExponent) !== '010001') stop(`${sentences.wrong} (its key has a wrong size).`);
  return { manifest, digest, stampKey, compared: Boolean(fragment) };
}

// ---- Sealing ----

function pack(paper, stamp, padded) {
  const length = new Uint8Array([paper.length >> 8, paper.length & 255]);
  const body = joined(length, stamp, paper);
  if (body.length > padded) stop(`${sentences.wrong} (the answers do not fit).`);
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

export async function checkCode(paper) {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const first = (await sha256(paper)).slice(0, 10);
  const bits = Array.from(first, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{5}/g).map((five) => alphabet[parseInt(five, 2)]);
  return letters.join('').match(/.{4}/g).join('-');
}

// One filled paper: blinded, to be stamped.
export async function fill(answers, ballot, parts) {
  const stamping = parts.stamping();
  const paper = stamping.prepare(text(JSON.stringify({ a: answers, m: ballot.digest })));
  return { stamping, paper, blinded: await stamping.blind(ballot.stampKey, paper) };
}

// The same paper with its stamp, sealed.
export async function sealStamped({ stamping, paper, blinded }, signed, ballot, parts) {
  const stamp = await stamping.finalize(ballot.stampKey, paper, signed, blinded.inv)
    .catch(() => stop(`${sentences.wrong} (the stamp is wrong).`));
  return { stamp, ...(await seal(pack(paper, stamp, ballot.manifest.padded), ballot, parts)) };
}

// ---- Talking to the server: the same bytes again after a lost answer, so that a vote counts once ----

// `form` is the page's own mark; `type`, `lost` and `out` differ for tellers, who send many papers at once;
// `heard` is told the headers of a good answer.
export async function send(method, address, body, options) {
  const { lost, out } = { ...sentences, ...options };
  const { form, type = 'application/octet-stream', wait = TRIES_AFTER, heard } = options;
  let answer;
  try {
    answer = await fetch(address, {
      method, body, cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(wait),
      headers: { 'content-type': type, accept: 'application/json', 'x-csrftoken': form },
    });
    if (answer.ok) {
      heard?.(answer.headers);
      return new Uint8Array(await answer.arrayBuffer());
    }
  } catch {
    stop(lost, true);
  }
  if (answer.status >= 500) stop(lost, true);
  if (answer.status === 403 && !(await stillSignedIn()))
    stop(out);
  const { reason } = await answer.json().catch(() => ({ reason: lost }));
  stop(reason.endsWith('.') ? reason : `${reason}.`);
}

async function stillSignedIn() {
  const page = await fetch(location.pathname, { method: 'GET', cache: 'no-store' }).catch(() => null);
  return Boolean(page?.ok);
}
