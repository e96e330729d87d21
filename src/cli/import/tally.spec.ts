import { Tally } from './tally.js';

function tallyOf({ bad = 0, untrimmed = 0 }): Tally {
  const tally = new Tally();
  tally.add('orders', 'bad', bad + untrimmed);
  for (let row = 1; row <= untrimmed; row += 1)
    tally.untrimmed.add('customers', `${row}`, `customers.json:${row * 10}`);
  return tally;
}

it('the advice after a run without bad rows is nothing', () => {
  expect(tallyOf({}).advice()).toBe('');
});

it('the advice for bad rows is to correct them', () => {
  expect(tallyOf({ bad: 1 }).advice()).toBe(
    '1 row is bad; see the reasons above. All others are imported. Correct them and run the import again; nothing is imported twice.',
  );
});

it('the advice for rows with spaces at the ends of texts is one line, however many they are', () => {
  expect(tallyOf({ untrimmed: 1_183 }).advice()).toBe(
    '1183 rows were skipped because of leading or trailing spaces, the first at customers.json:10. ' +
      'Run the import again with --trim to import them without these spaces.',
  );
});

it('the advice for both tells them apart', () => {
  expect(tallyOf({ bad: 2, untrimmed: 1 }).advice()).toBe(
    '1 row was skipped because of leading or trailing spaces, the first at customers.json:10. ' +
      'Run the import again with --trim to import them without these spaces.\n' +
      '2 rows are bad; see the reasons above. Correct them and run the import again; nothing is imported twice.',
  );
});
