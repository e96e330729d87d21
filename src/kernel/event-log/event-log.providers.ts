import { LogEpoch } from './epoch.js';
import { LogBell } from './log-bell.js';
import { LogNotifier } from './log-notifier.js';
import { LogTail } from './log-tail.js';

export const eventLogProviders = [LogEpoch, LogBell, LogNotifier, LogTail];
