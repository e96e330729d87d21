import { Aggregate, NotFound, On, type Actor } from '#kernel/domain';
import type { MoneyJson } from '#shared';
import { MAX_LINES, type Quote } from '../contracts/order-line.js';
import {
  DeliverySet,
  DiscountGranted,
  DiscountRemoved,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
  OrderDiscarded,
  OrderPlaced,
  OrderStarted,
} from '../contracts/ordering.events.js';
import { openLineBook } from './line-book.js';
import { refusalFor, type OrderAction } from '../contracts/order-actions.js';
import { discountOf, lineOf, factsOf, type Draft, type OrderState, type Placed } from './order-state.js';
import type { Basket, Discount, Placement } from './placing.js';
import { DiscountInvalid, OrderEmpty, OrderNotEditable, orderRefusal, TooManyLines } from './order.refusals.js';
import {
  amountsOf,
  assertExpected,
  assertInUse,
  assertQuantity,
  priceLines,
  quoteFor,
  totalsOf,
  type SellableProduct,
  type UnpricedLine,
} from './pricing.js';

/**
 * An order from the first line put into it.
 *
 * ```
 *  ─ start ─▶ draft ─ place ─▶ placed
 *  ───────────  │  ─ check out ─▲
 *               └─ discard ─▶ discarded
 * ```
 *
 * A draft is edited line by line; its prices are shown, not promised. Placing prices everything again and freezes it:
 * afterwards no decision reads the catalog. Decisions are pure: time, ids, prices and numbers are arguments.
 */
export class Order extends Aggregate {
  #state: OrderState = { status: 'unstarted' };

  /** The state as the events made it; frozen in the sense that only events replace it. */
  get state(): OrderState {
    return this.#state;
  }

  /** @throws NotFound for an order that isn't the customer's: foreign and absent orders are refused alike. */
  assertVisibleTo(by: Actor): void {
    const state = this.#state;
    const isTheirs = state.status !== 'unstarted' && (by.type !== 'customer' || state.customerId === by.id);
    if (!isTheirs) throw new NotFound(`There is no order ${this.id}.`);
  }

  /** The goods a draft holds, each once: what has to be priced. Empty for anything else. */
  draftSkus(): string[] {
    return this.#state.status === 'draft' ? [...new Set(this.#state.lines.map(({ sku }) => sku))] : [];
  }

  start(customerId: string, startedAt: string): void {
    this.#assertUnstarted();
    this.record(new OrderStarted(this.id, customerId, startedAt));
  }

  /** @throws OrderNotEditable, TooManyLines, SkuUnavailable, QuantityInvalid, CurrencyMismatch, AmountTooLarge */
  addLine(request: UnpricedLine, products: readonly SellableProduct[]): void {
    const draft = this.#draftFor('add-line');
    const [line] = priceLines([request], products);
    const lines = [...draft.lines, line!];
    totalsOf(lines, draft);
    this.record(new LineAdded(this.id, line!));
  }

  /** @throws OrderNotEditable, NotFound, QuantityInvalid, DiscountExceedsTotal, AmountTooLarge */
  changeLineQuantity(lineId: string, quantity: number): void {
    const draft = this.#draftFor('change-lines');
    const line = lineOf(draft, lineId);
    assertQuantity(line.sku, quantity);
    if (line.quantity === quantity) return; // a repeat: the line is already so
    const amounts = amountsOf({ ...line, quantity });
    totalsOf(
      draft.lines.map((other) => (other === line ? { ...line, quantity, ...amounts } : other)),
      draft,
    );
    this.record(new LineQuantityChanged({ orderId: this.id, lineId, quantity, ...amounts }));
  }

  /** @throws OrderNotEditable, NotFound, DiscountExceedsTotal when the rest is less than what was granted. */
  removeLine(lineId: string): void {
    const draft = this.#draftFor('change-lines');
    const line = lineOf(draft, lineId);
    totalsOf(
      draft.lines.filter((other) => other !== line),
      draft,
    );
    this.record(new LineRemoved(this.id, lineId));
  }

  /** Records that the address is known, and what delivery costs. @throws OrderNotEditable, CurrencyMismatch, AmountTooLarge */
  setDelivery(shippingFee: MoneyJson | null): void {
    const draft = this.#draftFor('set-delivery');
    totalsOf(draft.lines, { ...draft, shippingFee });
    this.record(new DeliverySet(this.id, shippingFee));
  }

  /** @throws OrderNotEditable, OrderEmpty, DiscountInvalid, CurrencyMismatch, DiscountExceedsTotal */
  grantDiscount({ discountId, amount, reason }: Discount): void {
    const draft = this.#draftFor('grant-discount');
    if (amount.amount < 1) throw new DiscountInvalid(amount.amount);
    totalsOf(draft.lines, { ...draft, discounts: [...draft.discounts, amount] });
    this.record(new DiscountGranted({ orderId: this.id, discountId, ...amount, reason }));
  }

  /** Takes a discount back. @throws OrderNotEditable, NotFound */
  removeDiscount(discountId: string): void {
    const { amount, currency } = discountOf(this.#draftFor('remove-discount'), discountId);
    this.record(new DiscountRemoved({ orderId: this.id, discountId, amount, currency }));
  }

  /**
   * What the draft would be placed at with these products: agreed prices stay, all others and the names are the catalog's.
   *
   * @throws OrderNotEditable, OrderEmpty, SkuUnavailable, CurrencyMismatch, DiscountExceedsTotal, AmountTooLarge
   */
  quote(products: readonly SellableProduct[]): Quote {
    const draft = this.#draftFor('quote');
    const requests = draft.lines.map(({ name: _name, unitPrice, ...line }) => {
      return line.isNegotiated ? { ...line, unitPrice } : line;
    });
    return quoteFor(priceLines(requests, products), draft);
  }

  /**
   * The quote at which the draft may be placed now.
   *
   * @throws what {@link quote} throws, DeliveryMissing, and PriceChanged when another total was expected.
   */
  quoteForPlacing(products: readonly SellableProduct[], expectedTotal: MoneyJson | undefined): Quote {
    this.#draftFor('place');
    const quote = this.quote(products);
    assertExpected(quote, expectedTotal);
    return quote;
  }

  /** Places the draft at a quote from {@link quoteForPlacing}. @throws CurrencyWithdrawn */
  place(quote: Quote, placement: Placement): Placed {
    return this.#place(this.#draftFor('place').customerId, quote, placement);
  }

  /**
   * What a basket may be placed at now.
   *
   * @throws OrderEmpty, TooManyLines, SkuUnavailable, QuantityInvalid, CurrencyMismatch, AmountTooLarge, PriceChanged
   */
  quoteForCheckOut(basket: Basket, products: readonly SellableProduct[]): Quote {
    const { lines, isImported: maySellDiscontinued } = basket;
    if (lines.length === 0) throw new OrderEmpty(this.id);
    if (lines.length > MAX_LINES) throw new TooManyLines(this.id);
    const quote = quoteFor(priceLines(lines, products, { maySellDiscontinued }), basket);
    assertExpected(quote, basket.expectedTotal);
    return quote;
  }

  /** Makes and places an order in one go, at a quote from {@link quoteForCheckOut}. @throws CurrencyWithdrawn */
  checkOut(customerId: string, quote: Quote, placement: Placement): Placed {
    this.#assertUnstarted();
    return this.#place(customerId, quote, placement);
  }

  discard(discardedAt: string): void {
    if (this.#state.status === 'discarded') return; // a repeat: it is already given up
    this.#draftFor('discard');
    this.record(new OrderDiscarded(this.id, discardedAt));
  }

  #place(customerId: string, quote: Quote, placement: Placement): Placed {
    const { currency, lines, taxLines, totals } = quote;
    const { number, externalNumber = null, shortagePolicy, placedAt } = placement;
    assertInUse(currency, placedAt);
    const money = { currency, lines, taxLines, totals };
    const order = { orderId: this.id, number, externalNumber, customerId, shortagePolicy, placedAt };
    this.record(new OrderPlaced({ ...order, ...money }));
    return this.#state as Placed;
  }

  /** The draft, if the action is open to it. */
  #draftFor(action: OrderAction): Draft {
    const state = this.#state;
    if (state.status === 'unstarted') throw new NotFound(`There is no order ${this.id}.`);
    const code = refusalFor(action, { ...factsOf(state), version: this.version });
    if (code !== undefined) throw orderRefusal(code, this.id, state.status);
    return state as Draft;
  }

  #assertUnstarted(): void {
    if (this.#state.status !== 'unstarted') throw new OrderNotEditable(this.id, this.#state.status);
  }

  #changeDraft(change: (draft: Draft) => Partial<Draft>): void {
    const draft = this.#state as Draft;
    this.#state = { ...draft, ...change(draft) };
  }

  @On(OrderStarted)
  protected started({ customerId }: OrderStarted): void {
    this.#state = { status: 'draft', customerId, lines: [], discounts: [], shippingFee: null, deliveryIsSet: false };
  }

  @On(LineAdded)
  protected lineAdded({ line }: LineAdded): void {
    this.#changeDraft(({ lines }) => ({ lines: [...lines, line] }));
  }

  @On(LineQuantityChanged)
  protected lineQuantityChanged({ orderId: _orderId, lineId, ...changed }: LineQuantityChanged): void {
    this.#changeDraft(({ lines }) => ({
      lines: lines.map((line) => (line.lineId === lineId ? { ...line, ...changed } : line)),
    }));
  }

  @On(LineRemoved)
  protected lineRemoved({ lineId }: LineRemoved): void {
    this.#changeDraft(({ lines }) => ({ lines: lines.filter((line) => line.lineId !== lineId) }));
  }

  @On(DeliverySet)
  protected deliverySet({ shippingFee }: DeliverySet): void {
    this.#changeDraft(() => ({ shippingFee, deliveryIsSet: true }));
  }

  @On(DiscountGranted)
  protected discountGranted({ discountId, amount, currency }: DiscountGranted): void {
    this.#changeDraft(({ discounts }) => ({ discounts: [...discounts, { discountId, amount, currency }] }));
  }

  @On(DiscountRemoved)
  protected discountRemoved({ discountId }: DiscountRemoved): void {
    this.#changeDraft(({ discounts }) => ({
      discounts: discounts.filter((discount) => discount.discountId !== discountId),
    }));
  }

  @On(OrderPlaced)
  protected placed({ customerId, number, currency, lines, totals }: OrderPlaced): void {
    this.#state = { status: 'placed', customerId, number, currency, lines: openLineBook(lines), totals };
  }

  @On(OrderDiscarded)
  protected discarded(): void {
    const { customerId } = this.#state as Draft;
    this.#state = { status: 'discarded', customerId };
  }
}
