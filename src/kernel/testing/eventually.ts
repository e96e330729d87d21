import { until } from './until.js';

/** Waits until an expectation holds, and fails with the expectation's own error when it never does (10 s). */
export async function eventually(expectation: () => unknown): Promise<void> {
  let last: unknown;
  const holds = async (): Promise<boolean> => {
    try {
      await expectation();
      return true;
    } catch (error) {
      last = error;
      return false;
    }
  };
  await until('the expectation', holds).catch(() => {
    throw last;
  });
}
