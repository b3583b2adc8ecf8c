import { parentPort, workerData } from 'node:worker_threads';
import { associate } from './association.ts';

const { customers, themes, ...levels } = workerData as Parameters<typeof import('./associating.ts').associateApart>[0];
parentPort!.postMessage(associate(customers, themes, levels));
