/** Whether a row `h` of `kernel.failed_events` is the first of its key: the others wait for it. Index: the primary key. */
export const IS_FIRST_OF_KEY = `NOT EXISTS (SELECT FROM kernel.failed_events b WHERE b.subscription = h.subscription
  AND b.key = h.key AND b.position < h.position)`;
