import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { databaseFacts } from './database.mjs';
import { machine } from './machine.mjs';
import { measureCatchUp } from './parts/catch-up.mjs';
import { measureOrders, peakOf } from './parts/orders.mjs';
import { measureReads } from './parts/reads.mjs';
import { measureVisibility } from './parts/visibility.mjs';
import { reportOf } from './report.mjs';
import { openShop, openStage } from './stage.mjs';
import { Waybill } from './waybill.mjs';

const RESULTS = new URL('results/', import.meta.url);
const PROFILES = fileURLToPath(new URL('../.cache/bench/', import.meta.url));

/** Takes the figures that are asked for, one part after the other, prints them and writes them down. */
export async function bench(scope, options) {
  const stage = await openStage(scope);
  const { parts: _parts, ...rest } = options;
  const facts = { machine: machine(await databaseFacts(stage.ownerUrl)), date: new Date().toISOString().slice(0, 10) };
  const figures = { ...facts, options: rest, ...(await figuresOf(scope, { stage, options })) };
  console.log(`\n${reportOf(figures)}`);
  if (options.quick) return;
  console.log(`\nThe same as JSON: ${await writeDown(figures)}`);
}

async function figuresOf(scope, { stage, options }) {
  const { parts } = options;
  const say = (text) => console.error(text);
  const figures = {};
  if (['orders', 'reads', 'visibility'].some((part) => parts.has(part))) {
    const context = { stage, options, say, ...(await openServer(scope, { stage, options })) };
    if (parts.has('orders')) figures.orders = await measureOrders(scope, context);
    if (parts.has('reads')) figures.reads = await measureReads(scope, context);
    if (parts.has('visibility')) {
      const peak = await peakOf(scope, { ...context, orders: figures.orders });
      figures.visibility = await measureVisibility(scope, { ...context, peak });
    }
    await context.waybill.stop();
  }
  if (parts.has('catchUp')) figures.catchUp = await measureCatchUp(scope, { stage, options, say });
  return figures;
}

/** The server that is measured, and what is sold there. */
async function openServer(scope, { stage, options }) {
  const shop = await openShop(scope, stage);
  const profiled = ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`];
  const waybill = await Waybill.start(scope, stage.dataDir, { nodeArgs: options.profile ? profiled : [] });
  return { shop, waybill };
}

async function writeDown(figures) {
  mkdirSync(RESULTS, { recursive: true });
  const file = fileURLToPath(new URL(`${figures.date}.json`, RESULTS));
  const rounded = JSON.stringify(figures, (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(5)) : value,
  );
  writeFileSync(file, await prettier.format(rounded, { ...(await prettier.resolveConfig(file)), parser: 'json' }));
  return file;
}
