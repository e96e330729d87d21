import { expectNone, filesIn, productionFiles, read } from './source-tree.js';

/** A statement or a part of one that locks rows of kernel.checkpoints. */
const LOCK =
  /\bkernel\.checkpoints\b[^;`']*(?:'[^;`']*'[^;`']*)*?\bFOR\s+(?:NO\s+KEY\s+UPDATE|UPDATE|KEY\s+SHARE|SHARE)\b/g;

/** The functions that may, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  'kernel.lock_checkpoints': 'counts the rows in a later statement',
  'kernel.settle_failed_event': 'raises WB004 where its row isn’t there any more',
};

/** The function of the database whose definition a place of a file is in. */
function functionAt(text: string, index: number): string | undefined {
  return [...text.slice(0, index).matchAll(/CREATE OR REPLACE FUNCTION ([\w.]+)/g)].at(-1)?.[1];
}

function locksIn(path: string): { path: string; within: string | undefined }[] {
  const text = read(path);
  return [...text.matchAll(LOCK)].map(({ index }) => ({ path, within: functionAt(text, index) }));
}

const locks = [...filesIn('migrations', '.js'), ...filesIn('migrations', '.sql'), ...productionFiles()].flatMap(
  locksIn,
);

describe('the rows of kernel.checkpoints', () => {
  it('are locked by kernel.lock_checkpoints, because a repartition replaces them', () => {
    const found = locks.filter(({ within }) => within === undefined || !(within in ALLOWED)).map(({ path }) => path);
    expectNone(
      found,
      'Call kernel.lock_checkpoints (lockCheckpoints in TypeScript): a plain FOR UPDATE may lock nothing.',
    );
  });

  it('are locked where this list says so', () => {
    const unused = Object.keys(ALLOWED).filter((name) => !locks.some(({ within }) => within === name));
    expectNone(unused, 'Take the function out of the list.');
  });
});
