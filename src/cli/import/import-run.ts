import { CustomerRow, customerOf } from './format/customer-row.js';
import { OrderRow, orderOf } from './format/order-row.js';
import { ProductRow, productOf } from './format/product-row.js';
import { BadRow, UntrimmedRow, readRow, type ReadOptions } from './format/row-reader.js';
import type { ImportFile } from './files/import-file.js';
import type { ImportFolder } from './files/import-folder.js';
import { placeOf, type RawRow, type ReadRow } from './files/raw-row.js';
import { forEachInFlight } from './in-flight.js';
import type { ImportProgress } from './progress.js';
import type { ImportedProduct } from '#catalog/contracts';
import type { Outcome, ImportRow } from './import-row.js';
import { Tally, type Kind } from './tally.js';

/** As many as the command side has connections to be busy with; more would only wait. */
const IN_FLIGHT = 8;

/** A row that is understood: what it is known by, and how it goes in. */
interface Taking {
  readonly key: string;
  run(): Promise<Outcome>;
}

type Prepared = { readonly row: RawRow } & ({ readonly taking: Taking } | { readonly flaw: BadRow });

export interface ImportParts {
  readonly folder: ImportFolder;
  readonly importRow: ImportRow;
  readonly progress: ImportProgress;
  /** Aborted: rows under way are finished, no others are begun. */
  readonly stop: AbortSignal;
  readonly now: Date;
  /** Spaces at the ends of texts are taken off; default: such rows are bad. */
  readonly trim?: boolean;
}

/**
 * One run over a folder: products, customers, orders, and at last the products that are sold no more, because old orders
 * name them. Nothing is remembered outside the database: a run that was stopped or killed is repeated from the start,
 * and finds what is there already.
 */
export class ImportRun {
  readonly tally = new Tally();
  /** Products that the file marks as discontinued, by sku, with the outcome of their first import. */
  readonly #discontinued = new Map<string, { product: ImportedProduct; outcome: Outcome }>();

  constructor(private readonly parts: ImportParts) {}

  /** Whether it came to its end. @throws Unreadable, DatabaseLost */
  async run(): Promise<boolean> {
    const { folder, stop, now, importRow } = this.parts;
    await this.#each(
      'products',
      folder.products,
      onceEach(
        'sku',
        this.#preparing((bytes, options) => this.#product(bytes, options)),
      ),
    );
    await this.#each(
      'customers',
      folder.customers,
      onceEach(
        'customerId',
        this.#preparing((bytes, options) => {
          const customer = customerOf(readRow(CustomerRow, bytes, options));
          return { key: customer.customerId, run: () => importRow.customer(customer) };
        }),
      ),
    );
    await this.#each(
      'orders',
      folder.orders,
      this.#preparing((bytes, options) => {
        const order = orderOf(readRow(OrderRow, bytes, options), now);
        return { key: order.externalNumber, run: () => importRow.order(order) };
      }),
    );
    await this.#discontinue();
    return !stop.aborted;
  }

  /** Takes a product in as it is sold; a known one that is discontinued already stays so. */
  #product(bytes: Buffer, options: ReadOptions): Taking {
    const { discontinued, ...product } = productOf(readRow(ProductRow, bytes, options));
    const run = async (): Promise<Outcome> => {
      if (discontinued !== true) return this.parts.importRow.product({ ...product, discontinued });
      const outcome = await this.parts.importRow.product(product);
      this.#discontinued.set(product.sku, { product, outcome });
      return outcome;
    };
    return { key: product.sku, run };
  }

  /** A row that only trimming would make a good one is refused for that alone, whatever else it seems to have. */
  #preparing(read: Read): Prepare {
    const { trim = false } = this.parts;
    return ({ bytes }) => {
      try {
        return read(bytes, { trim });
      } catch (error) {
        const key = error instanceof BadRow && !trim ? keyWhenTrimmed(read, bytes) : undefined;
        throw key === undefined ? error : new UntrimmedRow(key);
      }
    };
  }

  async #each(kind: Kind, file: ImportFile, prepare: Prepare): Promise<void> {
    this.parts.progress.begin(kind, file.sizeBytes);
    const options = { limit: IN_FLIGHT, stop: this.parts.stop, keyOf: keyOfPrepared };
    await forEachInFlight(prepared(file, prepare), options, async (item) => {
      await this.#take(kind, file, item);
      this.parts.progress.advance(item.row.end);
    });
  }

  async #take(kind: Kind, file: ImportFile, item: Prepared): Promise<void> {
    try {
      if ('flaw' in item) throw item.flaw;
      this.tally.add(kind, await item.taking.run());
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      this.#leaveOut(kind, `${file.name}:${placeOf(item.row)}`, error);
    }
  }

  #leaveOut(kind: Kind, place: string, row: BadRow): void {
    const { untrimmed } = this.tally;
    this.tally.add(kind, 'bad');
    if (row instanceof UntrimmedRow) untrimmed.add(kind, row.key, place);
    else if (untrimmed.areNamedBy(row)) untrimmed.addNaming(place);
    else this.parts.progress.report(`${place}: ${row.message}`);
  }

  async #discontinue(): Promise<void> {
    const options = { limit: IN_FLIGHT, stop: this.parts.stop, keyOf: () => undefined };
    await forEachInFlight(asStream(this.#discontinued.values()), options, async ({ product, outcome }) => {
      const last = await this.parts.importRow.product({ ...product, discontinued: true });
      if (last === 'already there' || outcome !== 'already there') return;
      this.tally.add('products', 'already there', -1);
      this.tally.add('products', 'updated');
    });
  }
}

/** @throws BadRow */
type Read = (bytes: Buffer, options: ReadOptions) => Taking;
/** @throws BadRow */
type Prepare = (row: ReadRow) => Taking;

async function* prepared(file: ImportFile, prepare: Prepare): AsyncGenerator<Prepared> {
  for await (const row of file.rows()) yield { row, ...understood(row, prepare) };
}

function understood(row: RawRow, prepare: Prepare): { taking: Taking } | { flaw: BadRow } {
  if ('problem' in row) return { flaw: new BadRow(row.problem) };
  try {
    return { taking: prepare(row) };
  } catch (error) {
    if (error instanceof BadRow) return { flaw: error };
    throw error;
  }
}

/** What the row would be known by if it were trimmed; undefined where it would still be bad. */
function keyWhenTrimmed(read: Read, bytes: Buffer): string | undefined {
  try {
    return read(bytes, { trim: true }).key;
  } catch (error) {
    if (error instanceof BadRow) return undefined;
    throw error;
  }
}

/** Refuses the second row of a key: which of the two would be true? */
function onceEach(field: string, prepare: Prepare): Prepare {
  const firstPlaces = new Map<string, string>();
  return (row) => {
    const taking = prepare(row);
    const first = firstPlaces.get(taking.key);
    if (first !== undefined) throw new BadRow(`${field} ${taking.key} is already on line ${first}`);
    firstPlaces.set(taking.key, placeOf(row));
    return taking;
  };
}

function keyOfPrepared(item: Prepared): string | undefined {
  return 'taking' in item ? item.taking.key : undefined;
}

async function* asStream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
