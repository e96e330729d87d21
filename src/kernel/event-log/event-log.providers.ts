import { LogEpoch } from './epoch.js';
import { CommitSignal } from './commit-signal.js';
import { LogNotifier } from './log-notifier.js';
import { LogTail } from './log-tail.js';

export const eventLogProviders = [LogEpoch, CommitSignal, LogNotifier, LogTail];
