// The receipt of a sealed vote, and the checking file that a voter may keep. No request is made here.
// A receipt shows that the sealed vote is in the signed log of this ballot. The formats are those of docs/record-format.md.

const text = (string) => new TextEncoder().encode(string);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (string) => Uint8Array.from(string.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const fromBase64 = (string) => Uint8Array.from(atob(string), (letter) => letter.charCodeAt(0));
const sha256 = async (...parts) => {
  const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
};

// The root of the log that ends with this line (RFC 9162): every hash of the proof stands to the left of what was found.
async function rootOf(body, proof) {
  let found = await sha256(Uint8Array.of(0), body);
  for (const left of proof) found = await sha256(Uint8Array.of(1), left, found);
  return found;
}

const bitsIn = (number) => number.toString(2).replaceAll('0', '').length;

// Whether the answer to a cast shows that this envelope is in the log under this voter's own number. `bytes` came from
// the server, `v` is the voter's number in the list of voters, in hex. `type` is another one for a tellers' paper.
export async function isRight(bytes, { manifest, digest }, v, envelope, type = 'envelope') {
  const receipt = JSON.parse(new TextDecoder().decode(bytes));
  const { leaf, proof, checkpoint } = receipt;
  const name = hex(await sha256(envelope));
  const whole = Number.isSafeInteger(leaf) && leaf >= 0 && Array.isArray(proof) && typeof checkpoint === 'string';
  if (receipt.cast !== true || receipt.envelope !== name || !whole) return false;
  if (proof.length !== bitsIn(leaf) || !proof.every((hash) => /^[0-9a-f]{64}$/.test(hash))) return false;
  const root = await rootOf(text(`{"sha256":"${name}","type":"${type}","v":"${v}"}`), proof.map(fromHex));
  const origin = `pilot/${digest}`;
  const signed = `${origin}\n${leaf + 1}\n${base64(root)}\n`;
  const start = `${signed}\n— ${origin} `;
  if (!checkpoint.startsWith(start) || !/^[A-Za-z0-9+/]+=*\n$/.test(checkpoint.slice(start.length))) return false;
  const sealed = checkpoint.slice(start.length).trim();
  if (base64(fromBase64(sealed)) !== sealed) return false; // the same bytes in another spelling are another checkpoint
  const signature = fromBase64(sealed).slice(4); // after the four bytes that name the key
  const key = await crypto.subtle.importKey('raw', fromBase64(manifest.log_key), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, signature, text(signed));
}

// What shows later, to anybody, that this very vote was cast: so also to somebody who forces the voter.
export function checkingFile({ digest }, { paper, stamp, keys, receipt }) {
  return JSON.stringify({
    keys: keys.map(base64), m: digest, paper: base64(paper), receipt: JSON.parse(new TextDecoder().decode(receipt)),
    stamp: base64(stamp), type: 'pilot checking file', version: 1,
  });
}

// Gives the file to the voter, out of this page: it is never sent.
export function keep(content, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
