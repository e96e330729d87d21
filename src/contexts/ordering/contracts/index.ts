/** Entry point `#ordering/contracts`: queries, commands and events of orders for other contexts. */
export { GetOrderQuoteQuery } from './get-order-quote.js';
export {
  GetOrderSummaryQuery,
  type LineQuantities,
  type OrderReference,
  type OrderStatus,
  type OrderSummary,
  type OrderSummaryDiscount,
  type OrderSummaryLine,
  type OrderSummaryTotals,
} from './get-order-summary.js';
export type { DraftLine, OrderLine, OrderTotals, PlacedLine, Quote, ShortagePolicy, TaxLine } from './order-line.js';
export {
  DeliverySet,
  DiscountGranted,
  DiscountRemoved,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
  OrderDiscarded,
  OrderPlaced,
  OrderStarted,
} from './ordering.events.js';
export { PlaceOrderCommand, type RequestedLine, type PlaceOrder, type PlacedOrder } from './place-order.js';
