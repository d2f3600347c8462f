// What static/vote.js needs to stamp and seal a paper, and nothing else.
// RFC 9474 (RSABSSA-SHA384-PSS-Randomized) and RFC 9180 (DHKEM P-256, HKDF-SHA256, AES-256-GCM).
import { BlindRSA, PrepareType } from '@cloudflare/blindrsa-ts/lib/src/blindrsa.js';

export { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';

export const stamping = () =>
  new BlindRSA({
    name: 'RSABSSA-SHA384-PSS-Randomized',
    hash: 'SHA-384',
    saltLength: 48,
    prepareType: PrepareType.Randomized,
  });
