// The server runs in this very process: a signal to `npm start` reaches it directly, and its exit code is ours.
import { buildIfStale } from './build-if-stale.mjs';

await buildIfStale();
process.setSourceMapsEnabled(true);
await import('../dist/main.js');
