import { defineProblems } from '../../http/problems/problem-registry.js';

defineProblems({
  'projection-unknown': {
    status: 404,
    title: 'Projection not found',
    meaning: 'This release has no projection with this name.',
    remedy: 'Choose one from GET /ops/v1/projections.',
  },
  'rebuild-under-way': {
    status: 409,
    title: 'Rebuild already running',
    meaning: 'Another rebuild of this view has not finished yet.',
    remedy: 'Wait until it finishes. GET /ops/v1/projections shows its progress.',
  },
  'rebuild-refused': {
    status: 409,
    title: 'Rebuild refused: other releases are running',
    meaning: 'Processes with another version of this projection are still running and would fail or repeat work.',
    remedy: 'Stop the processes that `detail` lists, and retry.',
  },
  'dead-letter-unknown': {
    status: 404,
    title: 'Dead letter not found',
    meaning: 'The event has been processed or discarded in the meantime, or never existed.',
    remedy: 'Get the current list from GET /ops/v1/dead-letters.',
  },
  'dead-letter-waiting': {
    status: 409,
    title: 'Waiting for an earlier event of the same key',
    meaning: 'Events of one key are processed in order, and an earlier one of this key has failed.',
    remedy: 'Retry, edit or discard the first failed event of the key. `detail` names it.',
  },
  'dead-letter-unreadable': {
    status: 409,
    title: 'Event unreadable by this release',
    meaning: 'This release does not know the name or version of the event, so it cannot process it with any data.',
    remedy: 'Deploy a release that can read the event; it is then processed automatically. Or discard the event.',
  },
  'subscription-unknown': {
    status: 404,
    title: 'Subscription not found',
    meaning: 'No subscription with this name exists.',
    remedy: 'Choose one from GET /ops/v1/subscriptions.',
  },
  'pause-refused': {
    status: 409,
    title: 'Pause refused',
    meaning: 'The subscription is an inline view, which each command writes with its own commit.',
    remedy: 'Choose an async projection or an event handler from GET /ops/v1/subscriptions.',
  },
  'restart-refused': {
    status: 409,
    title: 'Restart refused',
    meaning: 'The subscription is a projection, which must be rebuilt instead, or the log has no such position.',
    remedy:
      'Rebuild a projection instead. For an event handler, use a position from 1 to the head of the log, `beginning` or `now`.',
  },
  'repartition-refused': {
    status: 409,
    title: 'Repartition refused',
    meaning: 'The subscription is unknown, is written inline, is not paused, or a replica still has a lease of it.',
    remedy:
      'Pause the subscription, change its partitions, and resume it. Where a lease remains, retry after a few seconds.',
  },
});
