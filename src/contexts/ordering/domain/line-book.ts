import type { LineQuantities } from '../contracts/get-order-summary.js';
import type { PlacedLine } from '../contracts/order-line.js';

/** A placed line with the count of its units. */
export interface BookedLine extends PlacedLine {
  readonly quantities: LineQuantities;
}

/** Opens the book: every unit is ordered, none has moved yet. */
export function openLineBook(lines: readonly PlacedLine[]): BookedLine[] {
  return lines.map((line) => ({ ...line, quantities: allOrdered(line.quantity) }));
}

function allOrdered(ordered: number): LineQuantities {
  return { ordered, reserved: 0, backordered: 0, cancelled: 0, shipped: 0, returned: 0 };
}
