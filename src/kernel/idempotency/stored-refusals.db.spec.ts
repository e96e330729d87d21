import { CountCommand } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { problemContentOf } from '../../platform/http/problems/error-to-problem.js';
import '../../platform/http/problems/kernel-problems.js';
import { problemResponse } from '../../platform/http/problems/problem-details.js';
import { defineProblems } from '../../platform/http/problems/problem-registry.js';
import { newId } from '../messages/ids.js';
import type { MessageContextFields } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';

defineProblems({
  'toy.limit-reached': { status: 422, title: 'The counter is full', meaning: 'It ends here.', remedy: 'Clear it.' },
});

let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db);
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const keyed = (key: string): MessageContextFields => ({
  idempotency: { key, operation: 'POST /toys', fingerprint: 'f' },
});

/** What a client is answered whose command is refused. */
async function refused(key: string): Promise<{ status: number; body: unknown; alarm: string | undefined }> {
  const error: unknown = await toy.run(new CountCommand('c', 5_000), keyed(key)).catch((thrown: unknown) => thrown);
  const answer = problemContentOf(error, false);
  const { status, body } = problemResponse(answer, { publicUrl: 'http://here', instanceId: 'i', traceId: 't' });
  return { status, body: JSON.parse(body), alarm: answer.alarm };
}

/** A later release has no such code any more. */
const forgetCode = (key: string, more = ''): Promise<unknown> =>
  toy.rows(
    `UPDATE kernel.idempotency SET body = (body::jsonb ${more} || '{"code": "toy.gone"}')::text WHERE key = $1`,
    key,
  );

describe('a stored refusal whose code is registered no longer', () => {
  it('is answered as the first request was', async () => {
    const key = newId();
    const first = await refused(key);
    expect(first).toMatchObject({ status: 422, body: { code: 'toy.limit-reached', limit: 1_000 } });
    await forgetCode(key);
    const type = 'http://here/problems/toy.gone';
    expect(await refused(key)).toEqual({ ...first, body: { ...(first.body as object), code: 'toy.gone', type } });
  });

  it('is a refusal, not a fault of the server, where it never was', async () => {
    const key = newId();
    await refused(key);
    await forgetCode(key, "- 'problem'");
    expect(await refused(key)).toMatchObject({
      status: 409,
      body: { code: 'toy.gone', title: 'Request refused', limit: 1_000, retryable: false },
      alarm: 'fault',
    });
  });
});
