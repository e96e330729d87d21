import type { PlantedFault } from '../planted-fault.js';

const guarantee = 'Prices, discounts and taxes come to the minor unit that was quoted, whoever computes them.';

/** Prices of lines, discounts and rounding. */
export const pricing: readonly PlantedFault[] = [
  {
    name: 'discount-per-piece',
    guarantee,
    file: 'src/contexts/ordering/domain/pricing.ts',
    find: 'const discount = percentOf(gross, line.discountPercent);',
    replace: 'const discount = percentOf(line.unitPrice, line.discountPercent) * line.quantity;',
    specs: ['src/contexts/ordering/domain/pricing.spec.ts'],
  },
  {
    name: 'half-up-for-half-even',
    guarantee,
    file: 'src/shared/rounding.ts',
    find: 'if (rest === 50) return roundedDown + (roundedDown % 2);',
    replace: 'if (rest === 50) return roundedDown + 1;',
    specs: ['src/shared/rounding.spec.ts'],
  },
  {
    name: 'order-without-bound',
    guarantee: 'No amount that is taken makes a later sum fail.',
    file: 'src/contexts/ordering/domain/pricing.ts',
    find: 'if (addSafely(items, shipping, tax) > MAX_ORDER_AMOUNT) throw new AmountTooLarge();',
    replace: 'void MAX_ORDER_AMOUNT;',
    specs: ['src/contexts/ordering/domain/order.spec.ts'],
  },
  {
    name: 'rounded-sum-of-a-batch',
    guarantee: 'A report is the sum of its orders to the minor unit, however large it is.',
    file: 'src/kernel/projections/fold-batch.ts',
    find: 'Number.isSafeInteger(Number(amount)) ? Number(amount) : String(amount)',
    replace: 'Number(amount)',
    specs: ['src/contexts/insights/views/sales-daily/sales-daily.projection.spec.ts'],
  },
  {
    name: 'rounded-sum-in-a-report',
    guarantee: 'A report is the sum of its orders to the minor unit, however large it is.',
    file: 'src/contexts/insights/views/exact-sum.ts',
    find: 'return Number.isSafeInteger(value) ? value : digits;',
    replace: 'return value;',
    specs: ['src/contexts/insights/views/exact-sum.spec.ts'],
  },
  {
    name: 'fee-in-the-currency-of-lines-gone',
    guarantee: 'A view shows the amounts of an order as the order has them.',
    file: 'src/contexts/ordering/views/order-summary/order-summary.projection.ts',
    find: 'return lines.length > 0 ? currency : feeCurrency;',
    replace: 'void lines; return currency ?? feeCurrency;',
    specs: ['src/contexts/ordering/views/order-views.model.spec.ts'],
  },
];
