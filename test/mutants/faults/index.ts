import type { PlantedFault } from '../planted-fault.js';
import { commands } from './commands.js';
import { eventLog } from './event-log.js';
import { http } from './http.js';
import { imports } from './import.js';
import { isolation } from './isolation.js';
import { jobs } from './jobs.js';
import { logAndReleases } from './log-and-releases.js';
import { migrations } from './migrations.js';
import { pricing } from './pricing.js';
import { requests } from './requests.js';
import { subscriptions } from './subscriptions.js';

/** All planted faults, by area. */
export const plantedFaults: readonly PlantedFault[] = [
  ...http,
  ...requests,
  ...commands,
  ...jobs,
  ...pricing,
  ...subscriptions,
  ...eventLog,
  ...logAndReleases,
  ...isolation,
  ...imports,
  ...migrations,
];
