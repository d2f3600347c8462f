// Opening what was sealed: RFC 9180, base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, by the browser's own
// cryptography. Labels and order are those of RFC 9180 sections 4.1 and 5.1; the names of the values, too.

import { joined, utf8 } from './bytes.js';

const NONE = new Uint8Array(0);
const NO_SALT = new Uint8Array(32); // HKDF without a salt uses zeros (RFC 5869 section 2.2)
const KEM_SUITE = joined(utf8('KEM'), new Uint8Array([0x00, 0x10]));
const SUITE = joined(utf8('HPKE'), new Uint8Array([0x00, 0x10, 0x00, 0x01, 0x00, 0x02]));
const POINT = 65;
const TAG = 16;
const TOGETHER = 256; // how many are under way at once

const labeledIkm = (suite, label, ikm) => joined(utf8('HPKE-v1'), suite, utf8(label), ikm);
const labeledInfo = (suite, label, info, length) =>
  joined(new Uint8Array([length >> 8, length & 255]), utf8('HPKE-v1'), suite, utf8(label), info);
const hkdfKey = (ikm) => crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveKey', 'deriveBits']);
const hkdf = (salt, info) => ({ name: 'HKDF', hash: 'SHA-256', salt, info });

// LabeledExtract without a salt.
async function extracted(label, ikm) {
  const key = await crypto.subtle.importKey('raw', NO_SALT, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, labeledIkm(SUITE, label, ikm)));
}

// What is the same for every item: the recipient, and the key schedule's context for this `info`.
export async function recipient(secretKey, publicKey, info) {
  const context = joined(new Uint8Array([0]), await extracted('psk_id_hash', NONE), await extracted('info_hash', info));
  return {
    secretKey,
    publicKey,
    secretIkm: await hkdfKey(labeledIkm(SUITE, 'secret', NONE)),
    keyInfo: labeledInfo(SUITE, 'key', context, 32),
    nonceInfo: labeledInfo(SUITE, 'base_nonce', context, 12),
  };
}

// What is inside one item, or null when this key and info do not open it.
export async function opened(item, to) {
  if (item.length < POINT + TAG) return null;
  try {
    const enc = item.subarray(0, POINT);
    const sender = await crypto.subtle.importKey('raw', enc, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
    const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: sender }, to.secretKey, 256));
    const eae = await hkdfKey(labeledIkm(KEM_SUITE, 'eae_prk', dh));
    const kem = labeledInfo(KEM_SUITE, 'shared_secret', joined(enc, to.publicKey), 32);
    const shared = await crypto.subtle.deriveBits(hkdf(NO_SALT, kem), eae, 256);
    const aes = { name: 'AES-GCM', length: 256 };
    const [key, iv] = await Promise.all([
      crypto.subtle.deriveKey(hkdf(shared, to.keyInfo), to.secretIkm, aes, false, ['decrypt']),
      crypto.subtle.deriveBits(hkdf(shared, to.nonceInfo), to.secretIkm, 96),
    ]);
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, item.subarray(POINT)));
  } catch (trouble) {
    if (trouble instanceof DOMException) return null;
    throw trouble;
  }
}

// Whether these bytes are a point of P-256, so a key that somebody can seal for.
export async function isPoint(bytes) {
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  try {
    await crypto.subtle.importKey('raw', bytes, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
    return true;
  } catch (trouble) {
    if (trouble instanceof DOMException) return false;
    throw trouble;
  }
}

// Every item in its order, null for what does not open; `tell` hears how many are done.
export async function openedAll(items, to, tell) {
  const found = [];
  for (let start = 0; start < items.length; start += TOGETHER) {
    found.push(...(await Promise.all(items.slice(start, start + TOGETHER).map((item) => opened(item, to)))));
    tell(found.length, items.length);
    await new Promise((resume) => setTimeout(resume)); // the page stays alive
  }
  return found;
}
