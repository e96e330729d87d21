import { CommandObserver } from './command-observer.js';
import { EventStreams } from './event-streams.js';
import { PersonalData } from './personal-data.js';
import { CommitRows } from './commit-rows.js';
import { UniqueValues } from './unique-values.js';
import { CommandPipeline } from './command-pipeline.js';

export const commandProviders = [
  CommandPipeline,
  CommandObserver,
  EventStreams,
  PersonalData,
  CommitRows,
  UniqueValues,
];
