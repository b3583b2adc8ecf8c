import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { GuidedModel } from './guided.ts';

/**
 * A learnt model as bytes (structured clone, gzip level 1), so that it is learnt once and answers the same for ever; about 3 MB
 * for 20,000 comments. A newer Node reads what an older one wrote.
 */
export function storeModel(model: GuidedModel): Buffer {
  return gzipSync(serialize(model), { level: 1 });
}

/** Only for bytes that `storeModel` wrote: what is read is not checked. */
export function readModel(bytes: Uint8Array): GuidedModel {
  return deserialize(gunzipSync(bytes)) as GuidedModel;
}
