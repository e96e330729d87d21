import { isRefusal } from '#kernel/domain';
import type { BadRow } from './format/row-reader.js';

/** Rows that were left out for nothing but spaces at the ends of their texts, and orders that name such rows. */
export class UntrimmedRows {
  readonly #keys = new Set<string>();
  #count = 0;
  #namingCount = 0;
  #firstPlace = '';

  get count(): number {
    return this.#count;
  }

  /** @param kind `customers`; @param key what orders name the row by; @param place `customers.json:12` */
  add(kind: string, key: string, place: string): void {
    this.#keys.add(`${kind} ${key}`);
    this.#add(place);
  }

  /** Whether a row is bad for nothing but naming rows that were left out. */
  areNamedBy(row: BadRow): boolean {
    const missing = missingRows(row);
    return missing.length > 0 && missing.every((key) => this.#keys.has(key));
  }

  addNaming(place: string): void {
    this.#namingCount += 1;
    this.#add(place);
  }

  /** One line, however many they are; empty for none. */
  advice(): string {
    if (this.#count === 0) return '';
    const rows = this.#count === 1 ? '1 row was' : `${this.#count} rows were`;
    const naming = this.#namingCount === 0 ? '' : ` (${this.#namingCount} of them because they refer to such a row)`;
    return (
      `${rows} skipped because of leading or trailing spaces${naming}, the first at ${this.#firstPlace}. ` +
      'Run the import again with --trim to import them without these spaces.'
    );
  }

  #add(place: string): void {
    if (this.#count === 0) this.#firstPlace = place;
    this.#count += 1;
  }
}

/** The customers and products that an order was refused for: it names them, and they are unknown. */
function missingRows({ cause }: BadRow): string[] {
  if (!isRefusal(cause)) return [];
  const { customerId, skus } = cause.facts() as { customerId: string; skus: readonly string[] };
  if (cause.code === 'ordering.customer-unknown') return [`customers ${customerId}`];
  return cause.code === 'ordering.sku-unavailable' ? skus.map((sku) => `products ${sku}`) : [];
}
