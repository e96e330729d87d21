// After the last spec: what went through the pooler is written down, and the server stops, unless another run uses it too.
import { writeFile } from 'node:fs/promises';

export default async function tearDown() {
  const pooler = globalThis.waybillTestPooler;
  if (pooler) {
    await writeFile(process.env.WAYBILL_TEST_POOLER, JSON.stringify(await pooler.traffic()));
    await pooler.stop();
  }
  await globalThis.waybillTestServer?.stop();
}
