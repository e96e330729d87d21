const ORDER_NUMBER_PATTERN = /^SO-[1-9][0-9]{0,15}$/;

/** The number people use for an order, made from its ordinal: 1001 gives `SO-1001`. Code never takes it apart again. */
export function orderNumber(ordinal: number): string {
  return `SO-${ordinal}`;
}

/** Whether a text could be an order's number; the order need not exist. */
export function isOrderNumber(value: unknown): value is string {
  return typeof value === 'string' && ORDER_NUMBER_PATTERN.test(value);
}
