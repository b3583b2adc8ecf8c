import { workerData } from 'node:worker_threads';
import { type SharedWork, takeMembers } from './member.ts';

takeMembers(workerData as SharedWork);
