// The server of `npm start` as the fault rig runs it: with a probe among the event handlers, failpoints that can be armed
// while it runs (a line on stdin each), a clock that can be stepped (`clock <ms>`), and, for controls, one protection taken out (RIG_SABOTAGE).
import 'reflect-metadata';
import { register } from 'node:module';
import { createInterface } from 'node:readline';
import { stepClock } from './clock.mjs';

register('./hooks.mjs', import.meta.url, { data: { sabotage: process.env.RIG_SABOTAGE } });

const { loadConfiguration } = await import('../../../dist/config/index.js');
const { boot } = await import('../../../dist/boot.js');
const { armFailpoints } = await import('../../../dist/kernel/failpoints.js');
const { endOnFaults, endOnSignals } = await import('../../../dist/platform/operations/process-end.js');
const { RigModule } = await import('./rig-module.ts');

const configuration = loadConfiguration();
endOnFaults();
const waybill = await boot(configuration, { modules: [RigModule] });
endOnSignals(
  () => waybill.stop(),
  configuration.shutdown.hardExitMs,
  (text) => console.log(text),
);

// Whoever started it has gone: nobody will end it.
const orders = createInterface({ input: process.stdin }).on('close', () => process.exit(1));
orders.on('line', (line) => {
  const step = /^clock (-?\d+)$/.exec(line);
  if (step) stepClock(Number(step[1]));
  else armFailpoints(line);
  console.log(`armed ${line}`);
});
console.log(`Waybill listens on ${waybill.url ?? 'nothing'}`);
