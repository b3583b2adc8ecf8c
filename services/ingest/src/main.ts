import { runProcess } from '@heard/service/process';
import { start } from './start.ts';

await runProcess(start);
