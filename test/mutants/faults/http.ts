import type { PlantedFault } from '../planted-fault.js';

/** A cursor that any caller may open. */
const openCursor = (list: string, file: string, find: string, replace: string): PlantedFault => ({
  name: `cursor-of-${list}-for-every-caller`,
  guarantee: 'A cursor is good for the caller it was given to, on every list.',
  file,
  find,
  replace,
  specs: ['test/e2e/cursors.e2e-spec.ts'],
});

const cursors: readonly PlantedFault[] = [
  openCursor(
    'products',
    'src/contexts/catalog/storage/product-reader.ts',
    "{ list: 'products', filter, sort, principal: principal.id }",
    "{ list: 'products', filter, sort, principal: '' }",
  ),
  openCursor(
    'customers',
    'src/contexts/customers/storage/customer-reader.ts',
    "{ list: 'customers', filter, sort, principal: principal.id }",
    "{ list: 'customers', filter, sort, principal: '' }",
  ),
  openCursor(
    'orders',
    'src/contexts/ordering/views/order-search/find-orders.query.ts',
    "const caller = `${tenant}/${principal.id}/${onlyCustomerId ?? ''}`;",
    "const caller = `${tenant}/${onlyCustomerId ?? ''}`;",
  ),
  openCursor(
    'order-timeline',
    'src/contexts/ordering/views/order-timeline/get-order-timeline.query.ts',
    'principal: `${tenant}/${principal.id}`,',
    'principal: tenant,',
  ),
  openCursor(
    'order-events',
    'src/contexts/ordering/views/order-events/get-order-events.query.ts',
    "sort: 'version', principal: `${tenant}/${principal.id}` }",
    "sort: 'version', principal: tenant }",
  ),
  openCursor(
    'log-events',
    'src/kernel/operations/api/events.controller.ts',
    "sort: 'position', principal }",
    "sort: 'position', principal: '' }",
  ),
  openCursor(
    'dead-letters',
    'src/kernel/operations/api/dead-letters.controller.ts',
    "sort: 'position', principal }",
    "sort: 'position', principal: '' }",
  ),
  openCursor(
    'audit-entries',
    'src/kernel/operations/api/audit.controller.ts',
    "sort: '-id', principal }",
    "sort: '-id', principal: '' }",
  ),
];

/** Who may see what, and what answers say. */
export const http: readonly PlantedFault[] = [
  ...cursors,
  {
    name: 'behind-not-told',
    guarantee: 'A read that lacks events of the token that it was asked with says so, and how many.',
    file: 'src/kernel/http/exchange/answer-headers.ts',
    find: 'Object.entries({ behind, blocked: held?.blocked,',
    replace: 'Object.entries({ blocked: held?.blocked,',
    specs: ['src/kernel/http/app/http-app.spec.ts'],
  },
  {
    name: 'expired-token-remembered',
    guarantee: 'A token is good until it expires, also where it was verified before.',
    file: 'src/kernel/http/auth/token-verifier.ts',
    find: 'if (known !== undefined && known.expiresAtMs > this.clock.now().getTime()) return known.identity;',
    replace: 'if (known !== undefined) return known.identity;',
    specs: ['src/kernel/http/auth/token-verifier.spec.ts'],
  },
  {
    name: 'quote-of-another-customer',
    guarantee: 'Nobody reads, changes or learns of an order of somebody else, by any route.',
    file: 'src/contexts/ordering/storage/get-order-quote.query.ts',
    find: 'order.assertVisibleTo(by);',
    replace: 'void by;',
    specs: ['test/e2e/drafts.e2e-spec.ts'],
  },
  {
    name: 'timeline-of-another-customer',
    guarantee: 'Nobody reads, changes or learns of an order of somebody else, by any route.',
    file: 'src/contexts/ordering/views/order-timeline/get-order-timeline.query.ts',
    find: 'await this.#assertExists([orderId, tenant, onlyCustomerId]);',
    replace: 'await this.#assertExists([orderId, tenant, null]); void onlyCustomerId;',
    specs: ['src/contexts/ordering/views/order-timeline/get-order-timeline.db.spec.ts'],
  },
  {
    name: 'rows-of-one-key-side-by-side',
    guarantee: 'An import takes the rows of one key in the order of the file.',
    file: 'src/cli/import/in-flight.ts',
    find: 'if (key) lastOfKey.set(key, running);',
    replace: '',
    specs: ['src/cli/import/in-flight.spec.ts'],
  },
];
