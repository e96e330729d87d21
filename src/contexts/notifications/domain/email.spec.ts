import { emailFor } from './email.js';

describe('a letter', () => {
  it('says what was ordered and what it comes to', () => {
    const lines = [
      { name: 'Black tee', quantity: 2 },
      { name: 'Mug à café', quantity: 1 },
    ];
    const total = { amount: 4848, currency: 'EUR' };
    expect(emailFor({ about: 'order-placed', number: 'SO-1001', lines, total }, 'Ada L.')).toEqual({
      subject: 'Order SO-1001 confirmed',
      text:
        'Hello Ada L.,\n\nthank you for your order SO-1001. You ordered:\n\n' +
        '  2 × Black tee\n  1 × Mug à café\n\nTotal: 48.48 EUR\n',
    });
  });

  it('says that a draft was discarded', () => {
    expect(emailFor({ about: 'order-discarded' }, 'Ada L.')).toEqual({
      subject: 'Your draft order was discarded',
      text: 'Hello Ada L.,\n\nyour draft order was discarded before it was placed. Nothing was charged.\n',
    });
  });
});
