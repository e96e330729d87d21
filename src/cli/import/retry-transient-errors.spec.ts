import { NotFound } from '#kernel/domain';
import { BadRow } from './format/row-reader.js';
import { throughFaults } from './retry-transient-errors.js';

const fault = (code: string, message = 'broken'): Error =>
  Object.assign(new Error(message), { code, severity: 'ERROR' });

/** Work that fails with each of these before it succeeds. */
function failing(...errors: readonly Error[]): { readonly work: () => Promise<string>; readonly tries: () => number } {
  let tries = 0;
  const work = async (): Promise<string> => {
    tries += 1;
    if (tries <= errors.length) throw errors[tries - 1]!;
    return 'done';
  };
  return { work, tries: () => tries };
}

it.each([
  ['a server that is gone', fault('57P01')],
  ['a server that recovers', fault('57P03')],
  ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['a broken connection', new Error('Connection terminated unexpectedly')],
  ['a commit that nobody answered', Object.assign(new Error('unknown'), { code: 'outcome-unknown' })],
  ['others in the way', Object.assign(new Error('conflict'), { code: 'concurrency-conflict' })],
])('work is done again after %s', async (_name, error) => {
  const { work, tries } = failing(error);
  expect(await throughFaults(work)).toBe('done');
  expect(tries()).toBe(2);
});

it('work isn’t done again after a refusal, a bad row or a mistake in the program', async () => {
  for (const error of [new NotFound('There is none.'), new BadRow('bad'), new TypeError('x is not a function')]) {
    const { work, tries } = failing(error);
    await expect(throughFaults(work)).rejects.toBe(error);
    expect(tries()).toBe(1);
  }
});

it('a value that the database refuses makes a bad row', async () => {
  await expect(throughFaults(failing(fault('22021')).work)).rejects.toThrow(BadRow);
});

it('patience ends, with what to do', async () => {
  const { work } = failing(fault('57P03', 'the database system is starting up'));
  await expect(throughFaults(work, 0)).rejects.toThrow(
    /did not answer for 0 s: the database system is starting up\. The rows imported so far are stored\. .* run the import again/,
  );
});
