import { formatMoney } from '#shared';
import type { Matter } from './notification.js';

/** A message to a customer, as plain text. */
export interface Email {
  readonly subject: string;
  readonly text: string;
}

/** Writes the email about a matter to a customer of this name. */
export function emailFor(matter: Matter, name: string): Email {
  switch (matter.about) {
    case 'order-placed': {
      const { number, lines, total } = matter;
      const goods = lines.map((line) => `  ${line.quantity} × ${line.name}`);
      return email(`Order ${number} confirmed`, name, [
        `thank you for your order ${number}. You ordered:`,
        goods.join('\n'),
        `Total: ${formatMoney(total)}`,
      ]);
    }
    case 'order-discarded':
      return email('Your draft order was discarded', name, [
        'your draft order was discarded before it was placed. Nothing was charged.',
      ]);
    default:
      return matter satisfies never;
  }
}

function email(subject: string, name: string, paragraphs: readonly string[]): Email {
  return { subject, text: `${[`Hello ${name},`, ...paragraphs].join('\n\n')}\n` };
}
