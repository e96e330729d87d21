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
];
