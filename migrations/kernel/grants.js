// What may be done with the kernel's tables, besides reading them all as application or worker.

/** Written by application and worker directly. Everything else here is written by the kernel's functions only. */
export const writable = [
  'idempotency',
  'epochs',
  'subscriptions',
  'checkpoints',
  'former_checkpoints',
  'secrets',
  'failed_events',
  'audit',
  'outgoing_commands',
  'effects',
];

/** Read by the query side: checkpoints tell how fresh a view is; the log is shown to operators. */
export const queryable = [
  'effects',
  'audit',
  'failed_events',
  'leases',
  'replicas',
  'checkpoints',
  'subscriptions',
  'epochs',
  'log',
  'log_state',
  'events',
  'migrations',
  'functions',
];
