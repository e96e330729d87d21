// A spec file ends with its first failed test: the planted fault is found, and the tests behind it would only cost time.
// Hooks still run, so that databases and processes are given up.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { TestEnvironment } = createRequire(require.resolve('jest'))('jest-environment-node');

export default class FirstFailureEnvironment extends TestEnvironment {
  #hasFailed = false;

  // A failed beforeAll has no test: jest then fails all tests of its block by itself.
  handleTestEvent({ name, test }) {
    if (name === 'test_fn_failure' || (name === 'hook_failure' && test)) this.#hasFailed = true;
    if (name === 'test_start' && this.#hasFailed) test.mode = 'skip';
  }
}
