import type { PlantedFault } from '../planted-fault.js';

const whole = 'An order that is taken over is there as it is in the file.';
const told = 'What an import leaves out it says, once and where it is.';

/** Orders, customers and products of another system. */
export const imports: readonly PlantedFault[] = [
  {
    name: 'withdrawn-currency-accepted',
    guarantee: 'New orders are in a currency that is in use on their day.',
    file: 'src/contexts/ordering/domain/order.ts',
    find: 'assertInUse(currency, placedAt);',
    replace: '',
    specs: ['src/contexts/ordering/domain/order-placing.spec.ts'],
  },
  {
    name: 'draft-keeps-old-names',
    guarantee: 'A draft is placed with the names and prices of the moment, except agreed ones.',
    file: 'src/contexts/ordering/domain/order.ts',
    find: 'draft.lines.map(({ name: _name, unitPrice, ...line }) => {',
    replace: 'draft.lines.map(({ unitPrice, ...line }) => {',
    specs: ['src/contexts/ordering/domain/order-placing.spec.ts'],
  },
  {
    name: 'day-begins-in-utc',
    guarantee: 'An order of a day that has begun anywhere on Earth is not in the future.',
    file: 'src/cli/import/format/order-row.ts',
    find: 'const latest = new Date(now.getTime() + EARLIEST_ZONE_MS).toISOString();',
    replace: 'const latest = now.toISOString();',
    specs: ['src/cli/import/format/rows.spec.ts'],
  },
  {
    name: 'note-not-compared',
    guarantee: whole,
    file: 'src/cli/import/same-order.ts',
    find: "['note', isErased || (order.note ?? null) === known.note],",
    replace: '',
    specs: ['src/cli/import/same-order.spec.ts'],
  },
  {
    name: 'order-discount-dropped',
    guarantee: whole,
    file: 'src/contexts/ordering/commands/place-order.command.ts',
    find: 'const discounts = request.discount === undefined ? [] : [request.discount];',
    replace: 'const discounts: [] = [];',
    specs: ['src/cli/import/import-rows.db.spec.ts'],
  },
  {
    name: 'delivery-forgets-billing-address',
    guarantee: 'The billing address of a draft is there when it is placed.',
    file: 'src/contexts/ordering/commands/set-delivery.command.ts',
    find: 'this.personalData.put(order.id, { shipTo, billTo });',
    replace: 'this.personalData.put(order.id, { shipTo });',
    specs: ['src/contexts/ordering/commands/place-draft.db.spec.ts'],
  },
  {
    name: 'untrimmed-rows-told-one-by-one',
    guarantee: told,
    file: 'src/cli/import/import-run.ts',
    find: 'if (row instanceof UntrimmedRow) untrimmed.add(kind, row.key, place);',
    replace: 'if (row instanceof UntrimmedRow) this.parts.progress.say(`${place}: ${row.message}`);',
    specs: ['src/cli/import/import-rows.db.spec.ts'],
  },
  {
    name: 'array-for-lines-taken-row-by-row',
    guarantee: told,
    file: 'src/cli/import/files/import-file.ts',
    find: 'if (flaw !== undefined) throw new Unreadable(`${this.name} ${flaw}.`);',
    replace: '',
    specs: ['src/cli/import/import-run.db.spec.ts'],
  },
  {
    name: 'columns-counted-in-bytes',
    guarantee: told,
    file: 'src/cli/import/files/array-splitter.ts',
    find: 'if (!isContinuation(byte)) this.#column += 1;',
    replace: 'this.#column += 1;',
    specs: ['src/cli/import/files/splitters.spec.ts'],
  },
];
