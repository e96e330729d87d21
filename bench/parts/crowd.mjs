import { addDatabase, copyMasterData, withOwner } from '../database.mjs';
import { CUSTOMERS } from '../orders-wanted.mjs';
import { Waybill } from '../waybill.mjs';
import { peakOf } from './orders.mjs';
import { isCaughtUpWith, visibilityOf } from './visibility.mjs';

const CROWDS = [5, 20];
const SUBSCRIPTION = 'bench.crowd-1';

/**
 * (i) from a commit until an async view shows it, as in (e), with five views of the same kind in one worker and with
 * twenty, at the same rate: half of what the server takes beside the five.
 */
export async function measureCrowd(scope, { stage, shop, options, say }) {
  const figures = [];
  let rate;
  for (const views of CROWDS) {
    const url = await addDatabase(stage.ownerUrl, `crowd_${views}`);
    await copyMasterData(stage.ownerUrl, url);
    const worker = scope.helper('crowd-worker');
    await worker.ask('open', { ownerUrl: url, views });
    const waybill = await Waybill.start(scope, stage.dataDir, {
      env: { ROLE: 'api', DATABASE_URL: url, AUTH_MODE: 'dev' },
    });
    const tokens = [];
    for (const customer of CUSTOMERS) tokens.push(await waybill.token(customer, 'customer'));
    const place = { shop: { ...shop, tokens }, waybill, options };
    rate ??= (await peakOf(scope, place)) / 2;
    const caughtUp = () => withOwner(url, (client) => isCaughtUpWith(client, SUBSCRIPTION));
    const target = { port: waybill.port, tokens, skus: shop.skus };
    const seen = await visibilityOf(scope, {
      ownerUrl: url,
      subscription: SUBSCRIPTION,
      target,
      rate,
      options,
      caughtUp,
    });
    figures.push({ views, ...seen });
    say(`  ${views} views, ${Math.round(rate)}/s: p50 ${seen.p50.toFixed(1)} ms, p99 ${seen.p99.toFixed(1)} ms`);
    await Promise.all([waybill.stop(), worker.stop()]);
  }
  return figures;
}
