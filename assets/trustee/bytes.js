// Bytes, base64, hex, SHA-256, and the one JSON text of each value. The same rules as pilot/secrecy/canonical.py.

export class Refused extends Error {} // its message is the sentence that the person reads

export function refuse(sentence) {
  throw new Refused(sentence);
}

export const utf8 = (text) => new TextEncoder().encode(text);

export function fromUtf8(bytes, sentence) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(sentence);
  }
}

export const isBase64 = (text) =>
  typeof text === 'string' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);

export const fromBase64 = (text) => fromBinary(atob(text));
export const toBase64 = (bytes) => btoa(toBinary(bytes));

// A string with one character for each byte: such strings sort as their bytes do, and a Set knows them.
export function toBinary(bytes) {
  let text = '';
  for (let start = 0; start < bytes.length; start += 8192)
    text += String.fromCharCode.apply(null, bytes.subarray(start, start + 8192));
  return text;
}

export function fromBinary(text) {
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return bytes;
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
export const isHex = (text, bytes) => typeof text === 'string' && text.length === 2 * bytes && /^[0-9a-f]*$/.test(text);
export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((place, part) => (whole.set(part, place), place + part.length), 0);
  return whole;
}

export const same = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

// The one text of a value: sorted keys, no spaces, whole numbers only. Throws Refused for a value that has none.
export function canonical(value) {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value);
  if (Number.isSafeInteger(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return refuse('This is not written in the one form that the record uses.');
  const keys = Object.keys(value).sort();
  if (!keys.every((key) => /^[\x00-\x7f]*$/.test(key))) refuse('This is not written in the one form that the record uses.');
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

// The value of a canonical text; every other spelling of it is refused with this sentence.
export function readCanonical(text, sentence) {
  try {
    const value = JSON.parse(text);
    if (canonical(value) === text) return value;
  } catch (trouble) {
    if (!(trouble instanceof SyntaxError || trouble instanceof RangeError || trouble instanceof Refused)) throw trouble;
  }
  return refuse(sentence);
}

// Whether an object has exactly these fields, each of which its test passes.
export const hasShape = (value, tests) =>
  isObject(value) && Object.keys(value).sort().join() === Object.keys(tests).sort().join() &&
  Object.entries(tests).every(([name, test]) => test(value[name]));

export const isText = (value) => typeof value === 'string';
export const isWhole = (value) => Number.isSafeInteger(value);
export const isBytes = (length) => (value) => isBase64(value) && (length === undefined || fromBase64(value).length === length);
export const oneOf = (...values) => (value) => values.includes(value);
export const listOf = (test) => (value) => Array.isArray(value) && value.every(test);

// Ed25519. Under a point of small order anybody could sign any text: the same points as in pilot/secrecy/manifest.py.
const FIELD = 2n ** 255n - 19n;
const EIGHTH = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL_ORDER = [0n, 1n, FIELD - 1n, EIGHTH, FIELD - EIGHTH];

export const isSignKey = (bytes) => bytes.length === 32
  && !SMALL_ORDER.includes((BigInt(`0x${hex(bytes.toReversed())}`) % 2n ** 255n) % FIELD);

export async function isSigned(key, text, signature) {
  if (!isSignKey(key)) return false;
  try {
    const verifying = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', verifying, signature, text);
  } catch (trouble) {
    if (trouble instanceof DOMException) return false; // a key that is none has signed nothing
    throw trouble;
  }
}
