import { defineProblems } from '../../http/problems/problem-registry.js';

defineProblems({
  'projection-unknown': {
    status: 404,
    title: 'There is no such projection',
    meaning: 'The code that answers has no projection of this name.',
    remedy: 'Choose one of GET /ops/v1/projections.',
  },
  'rebuild-under-way': {
    status: 409,
    title: 'The view is being rebuilt',
    meaning: 'Somebody else asked for the same rebuild, and it has not ended yet.',
    remedy: 'Wait for it: GET /ops/v1/projections shows how far it is.',
  },
  'rebuild-refused': {
    status: 409,
    title: 'Other releases still run this view',
    meaning:
      'Processes with another version of the projection live: their rows would be refused, or their work wasted.',
    remedy: 'Stop the processes that the detail names, and send it again.',
  },
  'dead-letter-unknown': {
    status: 404,
    title: 'No event is held under this id',
    meaning: 'It has taken effect or was discarded in the meantime, or never existed.',
    remedy: 'Look at GET /ops/v1/dead-letters again.',
  },
  'dead-letter-queued': {
    status: 409,
    title: 'Another event of the same key comes first',
    meaning: 'Events of one key take effect in order, and this one stands behind another that is held.',
    remedy: 'Act on the first one of the key; the detail names it.',
  },
  'dead-letter-unreadable': {
    status: 409,
    title: 'This release can not read the event',
    meaning: 'Its name or version is not known here, so no other data would make it take effect.',
    remedy: 'Deploy a release that can read it: it takes the event by itself. Or discard the event.',
  },
  'subscription-unknown': {
    status: 404,
    title: 'There is no such subscription',
    meaning: 'Nothing in the database takes effect from the log under this name.',
    remedy: 'Choose one of GET /ops/v1/subscriptions.',
  },
  'restart-refused': {
    status: 409,
    title: 'The subscription can not be restarted there',
    meaning: 'It is a projection, whose view must be rebuilt, or the log has no such position.',
    remedy: 'Rebuild a projection; choose a position from 1 to the head of the log, or beginning, or now.',
  },
  'repartition-refused': {
    status: 409,
    title: 'The partitions can not be changed now',
    meaning: 'The subscription is unknown, is written inline, or its partitions did not come to stand at one position.',
    remedy: 'See that a worker runs, and send it again.',
  },
});
