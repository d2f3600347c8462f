// The log of a ballot: whether a leaf stands in a checkpoint that the log's key signed.
// RFC 9162 section 2.1.3.2, C2SP tlog-checkpoint and signed-note; the same as pilot/secrecy/tree.py and checkpoint.py.

import { fromBase64, fromHex, isBase64, isHex, isSigned, joined, same, sha256, utf8 } from './bytes.js';

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

const node = (left, right) => sha256(joined(NODE, left, right));

// Size and root of a checkpoint of this log, or null when its key has not signed it.
async function checkpoint(text, origin, key) {
  const gap = text.indexOf('\n\n');
  const body = text.slice(0, gap + 1);
  const lines = body.split('\n');
  if (gap < 0 || text.length > 8192 || lines.length !== 4 || lines[0] !== origin) return null;
  if (!/^(0|[1-9]\d{0,15})$/.test(lines[1]) || !isBase64(lines[2]) || fromBase64(lines[2]).length !== 32) return null;
  const id = (await sha256(joined(utf8(`${origin}\n\x01`), key))).subarray(0, 4);
  const start = `\u2014 ${origin} `;
  for (const line of text.slice(gap + 2).split('\n')) {
    const note = line.slice(start.length);
    if (!line.startsWith(start) || !isBase64(note)) continue;
    const given = fromBase64(note);
    if (same(given.subarray(0, 4), id) && (await isSigned(key, utf8(body), given.subarray(4))))
      return { size: Number(lines[1]), root: fromBase64(lines[2]) };
  }
  return null;
}

// `closed` is {leaf, proof, checkpoint} as a list file has it; `body` the leaf's text.
export async function stands(body, closed, digest, key) {
  const log = await checkpoint(closed.checkpoint, `pilot/${digest}`, key);
  if (!log || !(closed.leaf >= 0 && closed.leaf < log.size) || !closed.proof.every((one) => isHex(one, 32))) return false;
  let first = closed.leaf;
  let last = log.size - 1;
  let found = await sha256(joined(LEAF, utf8(body)));
  const up = () => { first = Math.floor(first / 2); last = Math.floor(last / 2); };
  for (const one of closed.proof) {
    if (last === 0) return false;
    if (first % 2 || first === last) {
      found = await node(fromHex(one), found);
      while (first % 2 === 0 && first !== 0) up();
    } else {
      found = await node(found, fromHex(one));
    }
    up();
  }
  return last === 0 && same(found, log.root);
}
