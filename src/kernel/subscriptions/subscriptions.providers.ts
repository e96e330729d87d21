import { SubscriptionProgress } from './subscription-progress.js';
import { DeadLetters } from './dead-letters.js';
import { EventHandlers } from './event-handlers.js';
import { Repartition } from './repartition.js';
import { SubscriptionRestart } from './restart.js';
import { SubscriptionCatalog } from './subscription-catalog.js';
import { SubscriptionEngine } from './subscription-engine.js';
import { SubscriptionPause } from './subscription-pause.js';

export const subscriptionProviders = [
  SubscriptionEngine,
  SubscriptionCatalog,
  EventHandlers,
  SubscriptionProgress,
  DeadLetters,
  Repartition,
  SubscriptionRestart,
  SubscriptionPause,
];
