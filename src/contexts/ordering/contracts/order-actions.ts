import type { OrderStatus } from './get-order-summary.js';
import { MAX_DRAFT_EVENTS, MAX_LINES } from './order-line.js';

/** What can be done with an order. */
export type OrderAction =
  'add-line' | 'change-lines' | 'set-delivery' | 'grant-discount' | 'remove-discount' | 'quote' | 'place' | 'discard';

/** As much of an order as decides what can be done with it. */
export interface OrderFacts {
  readonly status: OrderStatus;
  readonly lineCount: number;
  readonly deliveryIsSet: boolean;
  /** How many events it has. */
  readonly version: number;
}

/** The code of the refusal that the action would meet. */
export type RefusalCode =
  | 'ordering.order-not-editable'
  | 'ordering.too-many-edits'
  | 'ordering.too-many-lines'
  | 'ordering.order-empty'
  | 'ordering.delivery-missing';

type Rule = (facts: OrderFacts) => RefusalCode | undefined;

const isDraft: Rule = ({ status }) => (status === 'draft' ? undefined : 'ordering.order-not-editable');
const hasEditsLeft: Rule = ({ version }) => (version < MAX_DRAFT_EVENTS ? undefined : 'ordering.too-many-edits');
const hasRoom: Rule = ({ lineCount }) => (lineCount < MAX_LINES ? undefined : 'ordering.too-many-lines');
const hasLines: Rule = ({ lineCount }) => (lineCount > 0 ? undefined : 'ordering.order-empty');
const hasDelivery: Rule = ({ deliveryIsSet }) => (deliveryIsSet ? undefined : 'ordering.delivery-missing');

const RULES: Readonly<Record<OrderAction, readonly Rule[]>> = {
  'add-line': [isDraft, hasEditsLeft, hasRoom],
  'change-lines': [isDraft, hasEditsLeft],
  'set-delivery': [isDraft, hasEditsLeft],
  'grant-discount': [isDraft, hasEditsLeft, hasLines],
  'remove-discount': [isDraft, hasEditsLeft],
  quote: [isDraft, hasLines],
  place: [isDraft, hasLines, hasDelivery],
  discard: [isDraft],
};

/**
 * Why an action would be refused for an order like this, or undefined when it is open. The aggregate asks here before
 * it decides, and so does the API when it lists what can be done: clients never copy the state machine.
 */
export function refusalFor(action: OrderAction, facts: OrderFacts): RefusalCode | undefined {
  for (const rule of RULES[action]) {
    const code = rule(facts);
    if (code !== undefined) return code;
  }
  return undefined;
}
