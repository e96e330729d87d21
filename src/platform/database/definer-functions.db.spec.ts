import { Client } from 'pg';
import { freshDatabase, type FreshDatabase } from '#platform/testing';

let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterAll(() => db.drop());

async function signedIn<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const WORK = {
  keys: [
    {
      tenant: 't',
      principal: 'p',
      operation: 'o',
      key: 'k',
      kind: 'kernel',
      outcome: 'result',
      body: 'null',
      commandId: '00000000-0000-0000-0000-000000000001',
    },
  ],
  streams: [],
  uniques: [],
  events: [],
};

describe('functions that run as the owner of the database', () => {
  it('look for names in pg_catalog first and in pg_temp last', async () => {
    const { rows } = await db.pools.app.query<{ name: string; config: string[] | null }>(
      `SELECT oid::regprocedure::text AS name, proconfig AS config FROM pg_proc
        WHERE prosecdef AND pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(rows.length).toBeGreaterThan(0);
    const wrong = rows.filter(({ config }) => !config?.includes('search_path=pg_catalog, pg_temp'));
    expect(wrong).toEqual([]);
  });

  it('run no code of the caller’s, also where the caller may make temporary types', async () => {
    const role = decodeURIComponent(new URL(db.appUrl).username);
    await signedIn(db.url, (owner) =>
      owner.query(
        `DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), '${role}'); END $$`,
      ),
    );
    const text: string[] = [];
    await signedIn(db.direct.logins.app.url, async (client) => {
      client.on('notice', ({ message }) => text.push(message ?? ''));
      await client.query(
        `CREATE FUNCTION pg_temp.evil(v pg_catalog.uuid) RETURNS boolean LANGUAGE plpgsql AS
           $$ BEGIN RAISE WARNING 'evil runs as %', current_user; RETURN true; END $$`,
      );
      await client.query('CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (pg_temp.evil(VALUE))');
      await client.query('CREATE TEMPORARY TABLE idempotency (LIKE kernel.idempotency)');
      await client.query('SELECT * FROM kernel.commit($1)', [JSON.stringify(WORK)]);
      expect((await client.query('SELECT FROM pg_temp.idempotency')).rowCount).toBe(0);
    });
    expect(text).toEqual([]);
    expect((await db.pools.app.query("SELECT FROM kernel.idempotency WHERE tenant = 't'")).rowCount).toBe(1);
  });
});
