// The command line runs in this very process, so that a signal or `kill -9` hits the work and not a wrapper.
import { buildIfStale } from './build-if-stale.mjs';

await buildIfStale();
process.setSourceMapsEnabled(true);
await import('../dist/cli/main.js');
