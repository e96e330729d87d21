// A process in which something goes wrong that nobody handles.
import './typescript.mjs';

const { endOnFaults } = await import('../../src/platform/operations/process-end.ts');

endOnFaults();
setInterval(() => {}, 60_000);
if (process.argv[2] === 'rejection') void Promise.reject(new Error('nobody waits for this'));
else
  setImmediate(() => {
    throw new Error('nobody catches this');
  });
