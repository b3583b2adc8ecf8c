import { parentPort, workerData } from 'node:worker_threads';
import { revenueSaved } from './recovery-paradox.ts';

const { recovered, controls, matching } = workerData as Parameters<typeof import('./matching.ts').compareApart>[0];
parentPort!.postMessage(revenueSaved(recovered, controls, matching));
