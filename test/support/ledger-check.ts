import { groups, repeated, told } from './ledger-groups.js';
import { placedIn, sumsOf, type PlacedFact } from './ledger-fold.js';
import type { Facts } from './ledger-facts.js';
import type { Entry, Intent } from './ledger.js';

/** What holds between the outside ledger of a load and the database it went to (I1, I4, I14, G1, G3 and G18 of docs/reference/guarantees.md). */
export function violationsOfLedger(entries: readonly Entry[], facts: Facts): string[] {
  const view = new LedgerView(entries, facts);
  return told({
    'G18: nothing is refused': view.refusals(),
    'I14: one key, one answer': view.changedAnswers(),
    'G1: what was acknowledged exists, as it was acknowledged': view.lostOrders(),
    'G3: one order for one key': view.doubledOrders(),
    'I1: keys and orders are one to one, and the row holds the answer': view.brokenKeys(),
    'an order holds what was wanted': view.otherContents(),
    'I4: who came after an acknowledgement stands behind it in the log': view.outOfTime(),
  });
}

interface Acknowledged {
  readonly id: string;
  readonly number: string;
  readonly version: number;
  readonly total: { readonly amount: number };
}

/** The ledger and the database side by side. */
class LedgerView {
  readonly #intents = new Map<string, Intent>();
  readonly #wantedAt = new Map<string, number>();
  readonly #answers = new Map<string, string[]>();
  readonly #answeredAt = new Map<string, number>();
  readonly #refusals: string[] = [];
  readonly #acknowledged: Map<string, Acknowledged>;
  readonly #orders: PlacedFact[];
  readonly #orderOf: Map<string, PlacedFact>;
  readonly #parcelOf: Map<string, string>;

  constructor(
    entries: readonly Entry[],
    private readonly facts: Facts,
  ) {
    for (const entry of entries) this.#enter(entry);
    this.#acknowledged = new Map([...this.#answers].map(([key, bodies]) => [key, JSON.parse(bodies[0]!)]));
    // Drafts that were placed have versions before; what is said of them stands in draft-check.ts.
    this.#orders = placedIn(facts).filter(({ event }) => event.version === 1);
    this.#orderOf = new Map(this.#orders.map((order) => [order.orderId, order]));
    this.#parcelOf = new Map(facts.parcels.map(({ orderId, name }) => [orderId, name]));
  }

  refusals(): string[] {
    return this.#refusals;
  }

  changedAnswers(): string[] {
    return [...this.#answers].filter(([, bodies]) => new Set(bodies).size > 1).map(([key]) => key);
  }

  lostOrders(): string[] {
    return [...this.#acknowledged].flatMap(([key, answer]) => {
      const order = this.#orderOf.get(answer.id);
      if (order === undefined) return [`${key}: there is no order ${answer.id}`];
      const { net } = sumsOf(this.#intents.get(key)!.lines);
      const isSame =
        order.number === answer.number &&
        order.event.version === answer.version &&
        answer.total.amount === net + this.#intents.get(key)!.shipping;
      return isSame ? [] : [`${key}: order ${answer.id} isn't what was acknowledged`];
    });
  }

  doubledOrders(): string[] {
    const orders = groups(this.#orders, ({ orderId }) => this.#parcelOf.get(orderId) ?? 'nobody');
    const wanted = new Set([...this.#intents.values()].map(({ name }) => name));
    const acknowledged = new Map([...this.#acknowledged.keys()].map((key) => [this.#intents.get(key)!.name, key]));
    return [
      ...[...orders].filter(([, of]) => of.length > 1).map(([name, of]) => `${name} has ${of.length} orders`),
      ...[...orders.keys()].filter((name) => !wanted.has(name)).map((name) => `nobody wanted ${name}`),
      ...[...acknowledged.keys()].filter((name) => !orders.has(name)).map((name) => `${name} has no order`),
    ];
  }

  brokenKeys(): string[] {
    const rows = this.facts.keys.filter(({ kind, key }) => kind === 'client' && this.#intents.has(key));
    const byStream = groups(rows, ({ lastStream }) => lastStream ?? 'none');
    const keyOf = new Map(rows.map((row) => [row.key, row]));
    return [
      ...this.#orders
        .filter(({ event }) => byStream.get(event.stream)?.length !== 1)
        .map(({ orderId, event }) => `order ${orderId} has ${byStream.get(event.stream)?.length ?? 0} keys`),
      ...repeated(rows.map(({ key }) => key)),
      ...[...this.#acknowledged.keys()].filter((key) => !this.#holdsAnswer(keyOf.get(key)?.body, key)),
    ];
  }

  otherContents(): string[] {
    const wanted = new Map([...this.#intents.values()].map((intent) => [intent.name, intent]));
    return this.#orders.flatMap((order) => {
      const intent = wanted.get(this.#parcelOf.get(order.orderId) ?? '');
      const want = intent && [intent.customerId, intent.placedAt, intent.shipping, intent.lines.map(goodsOf)];
      const have = [order.customerId, order.placedAt, order.shipping, order.lines.map(goodsOf)];
      return JSON.stringify(want) === JSON.stringify(have) ? [] : [`order ${order.orderId}`];
    });
  }

  /** Of two orders where the second was wanted after the first was acknowledged, the first has the lower position. */
  outOfTime(): string[] {
    const known = [...this.#acknowledged].flatMap(([key, { id }]) => {
      const order = this.#orderOf.get(id);
      const [from, to] = [this.#wantedAt.get(key)!, this.#answeredAt.get(key)!];
      return order === undefined ? [] : [{ key, from, to, position: order.position }];
    });
    const [byStart, byEnd] = [known.toSorted((a, b) => a.from - b.from), known.toSorted((a, b) => a.to - b.to)];
    const late: string[] = [];
    let [next, highest] = [0, 0];
    for (const order of byStart) {
      while (byEnd[next] !== undefined && byEnd[next]!.to < order.from)
        highest = Math.max(highest, byEnd[next++]!.position);
      if (order.position < highest) late.push(`${order.key} is at ${order.position}, behind it should be ${highest}`);
    }
    return late;
  }

  #enter(entry: Entry): void {
    switch (entry.kind) {
      case 'wanted':
        this.#intents.set(entry.key, entry.intent);
        this.#wantedAt.set(entry.key, entry.at);
        return;
      case 'acknowledged':
        this.#answers.set(entry.key, [...(this.#answers.get(entry.key) ?? []), entry.body]);
        if (!this.#answeredAt.has(entry.key)) this.#answeredAt.set(entry.key, entry.at);
        return;
      case 'refused':
        this.#refusals.push(`${entry.key}: ${entry.status} ${entry.body}`);
        return;
      case 'failed':
      case 'went-back':
      case 'step':
      case 'read':
        return;
      default:
        entry satisfies never;
    }
  }

  /** JSON text for JSON text, but for white space. */
  #holdsAnswer(stored: string | undefined, key: string): boolean {
    return stored !== undefined && JSON.stringify(JSON.parse(stored)) === this.#answers.get(key)![0];
  }
}

function goodsOf({ sku, unitPrice, quantity, discountPercent }: Intent['lines'][number]): unknown[] {
  return [sku, unitPrice, quantity, discountPercent];
}
