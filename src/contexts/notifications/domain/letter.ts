import { Money } from '#shared';
import type { Matter } from './notification.js';

/** A message to a customer, as plain text. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
}

/** Writes the letter about a matter to a customer of this name. */
export function letterFor(matter: Matter, name: string): Letter {
  switch (matter.about) {
    case 'order-placed': {
      const { number, lines, total } = matter;
      const goods = lines.map((line) => `  ${line.quantity} × ${line.name}`);
      const sum = Money.of(total.amount, total.currency).toString();
      return letter(`We have your order ${number}`, name, [
        `thank you for your order ${number}:`,
        goods.join('\n'),
        `It comes to ${sum}.`,
      ]);
    }
    case 'order-discarded':
      return letter('Your draft order was discarded', name, [
        'the order that you had begun, and not placed yet, was discarded. Nothing was charged.',
      ]);
    default:
      return matter satisfies never;
  }
}

function letter(subject: string, name: string, paragraphs: readonly string[]): Letter {
  return { subject, text: `${[`Hello ${name},`, ...paragraphs].join('\n\n')}\n` };
}
