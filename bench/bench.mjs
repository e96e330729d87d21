import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { databaseFacts } from './database.mjs';
import { machine } from './machine.mjs';
import { measureCatchUp } from './parts/catch-up.mjs';
import { measureBeside } from './parts/beside.mjs';
import { measureCrowd } from './parts/crowd.mjs';
import { measureGrowth } from './parts/growth.mjs';
import { measureIndifferent } from './parts/indifferent.mjs';
import { measureOrders, peakOf } from './parts/orders.mjs';
import { measurePartitions } from './parts/partitions.mjs';
import { measureReads } from './parts/reads.mjs';
import { measureTakeOver } from './parts/take-over.mjs';
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

/** Parts that need a shop, and those that need a server of `ROLE=all` in it. */
const IN_SHOP = ['orders', 'reads', 'visibility', 'crowd', 'beside', 'growth'];
const SERVED = ['orders', 'reads', 'visibility'];
/** Parts that bring all they need, in the order of their letters. */
const ALONE = {
  catchUp: measureCatchUp,
  partitions: measurePartitions,
  indifferent: measureIndifferent,
  crowd: measureCrowd,
  takeOver: measureTakeOver,
  beside: measureBeside,
  growth: measureGrowth,
};

async function figuresOf(scope, { stage, options }) {
  const { parts } = options;
  const say = (text) => console.error(text);
  const wants = (list) => list.some((part) => parts.has(part));
  const shop = wants(IN_SHOP) ? await openShop(scope, stage) : undefined;
  const context = { stage, options, say, shop };
  const figures = wants(SERVED) ? await servedFigures(scope, context) : {};
  for (const [part, measure] of Object.entries(ALONE)) {
    if (!parts.has(part)) continue;
    say(`${part}:`);
    figures[part] = await measure(scope, context);
  }
  return figures;
}

/** The server that is measured, and what is found out with it. */
async function servedFigures(scope, { stage, options, say, shop }) {
  const { parts } = options;
  const figures = {};
  const profiled = ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`];
  const waybill = await Waybill.start(scope, stage.dataDir, { nodeArgs: options.profile ? profiled : [] });
  const context = { stage, options, say, shop, waybill };
  if (parts.has('orders')) figures.orders = await measureOrders(scope, context);
  if (parts.has('reads')) figures.reads = await measureReads(scope, context);
  if (parts.has('visibility')) {
    const peak = await peakOf(scope, { ...context, orders: figures.orders });
    figures.visibility = await measureVisibility(scope, { ...context, peak });
  }
  await waybill.stop();
  return figures;
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
