import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { configurationOf, testServerUrl } from '#config';
import { classify } from '../../src/kernel/database/errors.js';
import { withUser } from '../../src/platform/database/logins.js';
import { Pools } from '../../src/kernel/database/pools.js';
import type { DatabaseSettings } from '../../src/platform/database/database-settings.js';
import { prepareDatabase, withOwner } from '../../src/platform/database/prepare.js';
import { until } from '../../src/kernel/testing/until.js';
import { PgBouncer } from '../support/pgbouncer.js';

/** Databases with an owner each, and poolers of this spec's own in front of the run's server. */
const serverUrl = testServerUrl()!;
let admin: Client;
const owners: string[] = [];
const poolers: PgBouncer[] = [];

beforeAll(async () => {
  admin = new Client(serverUrl);
  await admin.connect();
});
afterAll(async () => {
  await Promise.all(poolers.map((each) => each.stop()));
  for (const name of owners) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  for (const name of owners.flatMap((owner) => ['', '_app', '_worker', '_query'].map((suffix) => owner + suffix))) {
    await admin.query(`DROP ROLE IF EXISTS ${name}`);
  }
  await admin.end();
});

type Texts = Readonly<Record<string, string>>;

async function pooler(changed?: Texts, users?: Texts): Promise<PgBouncer> {
  const made = await PgBouncer.start(serverUrl, changed, users);
  poolers.push(made);
  return made;
}

/** The URL of an empty database's owner, at the server itself. */
async function ownedDatabase(kind: string, attributes = 'CREATEROLE'): Promise<string> {
  const name = `waybill_pooled_${kind}_${process.pid}`;
  owners.push(name);
  await admin.query(`CREATE ROLE ${name} LOGIN ${attributes} PASSWORD 'owner'`);
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`);
  const url = new URL(withUser(serverUrl, name, 'owner'));
  url.pathname = `/${name}`;
  return url.toString();
}

/** The test server is unsafe on purpose. */
const isAboutPooler = (warning: string): boolean => !/fsync|full_page|synchronous/.test(warning);

function settings(changed: Partial<DatabaseSettings> = {}): DatabaseSettings {
  const { database } = configurationOf({ NODE_ENV: 'test', EMBEDDED_PG: 'true' });
  return { ...database, statementNames: false, ...changed };
}

async function warnings(ownerUrl: string, changed?: Partial<DatabaseSettings>): Promise<string[]> {
  return (await prepareDatabase({ ownerUrl, settings: settings(changed) })).warnings.filter(isAboutPooler);
}

/** The SQL of the how-to page, for a role of this spec's own. */
async function allowLookUps(direct: string): Promise<[changed: Texts, users: Texts]> {
  const role = `waybill_pooled_lookup_${process.pid}`;
  const page = await readFile(new URL('../../docs/how-to/run-behind-pgbouncer.md', import.meta.url), 'utf8');
  const [, sql] = /```sql\n([^]*?)```/.exec(page)!;
  const [, query] = /auth_query = (.*)/.exec(page)!;
  const url = new URL(serverUrl);
  url.pathname = new URL(direct).pathname;
  await withOwner(url.toString(), (client) => client.query(sql!.replaceAll(/(ROLE|TO) pgbouncer/g, `$1 ${role}`)));
  owners.push(role);
  return [{ auth_user: role, auth_query: query! }, { [role]: '<password>' }];
}

describe('a start behind pgbouncer in transaction mode', () => {
  it('migrates, makes its roles, and complains of nothing that is set as the how-to page says', async () => {
    const direct = await ownedDatabase('sound');
    const ownerUrl = (await pooler(...(await allowLookUps(direct)))).through(direct);
    expect(await warnings(ownerUrl, { listenUrl: direct })).toEqual([]);
    expect(await warnings(ownerUrl, { listenUrl: direct })).toEqual([]);
  });

  it('is refused while statements are prepared by name', async () => {
    const ownerUrl = (await pooler()).through(await ownedDatabase('named'));
    const started = prepareDatabase({ ownerUrl, settings: settings({ statementNames: true }) });
    await expect(started).rejects.toThrow(/DATABASE_STATEMENT_NAMES=false/);
  });

  it('may prepare them by name where sessions aren’t handed on', async () => {
    const direct = await ownedDatabase('session');
    const ownerUrl = (await pooler({ pool_mode: 'session' })).through(direct);
    expect(await warnings(ownerUrl, { statementNames: true, listenUrl: direct })).toEqual([]);
  });

  it('says that a LISTEN through it is deaf', async () => {
    const ownerUrl = (await pooler()).through(await ownedDatabase('deaf'));
    expect(await warnings(ownerUrl)).toEqual([expect.stringMatching(/DATABASE_LISTEN_URL/)]);
  });

  it.each([
    ['refuses', {}],
    ['drops', { ignore_startup_parameters: 'options' }],
  ] as const)('says when one role does all the work and the pooler %s its limits', async (does, changed) => {
    const direct = await ownedDatabase(does, '');
    const found = await warnings((await pooler(changed)).through(direct), { listenUrl: direct });
    expect(found.join('\n')).toMatch(/the query side can write\. Set DATABASE_APP_URL/);
  });

  it('says that sessions opened before a change of limits have the old ones, until it opens new ones', async () => {
    const direct = await ownedDatabase('limits');
    const made = await pooler();
    const ownerUrl = made.through(direct);
    await warnings(ownerUrl, { listenUrl: direct });
    const changed = { listenUrl: direct, statementTimeoutMs: 3_000 };
    expect((await warnings(ownerUrl, changed)).join()).toMatch(/_app \(statement_timeout\).*RECONNECT/);
    await made.reconnect();
    expect(await warnings(ownerUrl, changed)).toEqual([]);
  });

  it('says what to do where the pooler knows the owner alone', async () => {
    const direct = await ownedDatabase('unknown');
    const made = await pooler({ auth_user: '', auth_query: '' });
    const superuser = new URL(serverUrl);
    superuser.pathname = new URL(direct).pathname;
    const started = prepareDatabase({ ownerUrl: made.through(superuser.toString()), settings: settings() });
    await expect(started).rejects.toThrow(/auth_query/);
  });
});

describe('a statement whose server ends behind pgbouncer', () => {
  it('has an unknown outcome, though the pooler calls it a violation of the protocol', async () => {
    const direct = await ownedDatabase('lost');
    const ownerUrl = (await pooler()).through(direct);
    const login = { url: ownerUrl };
    const pools = new Pools({ app: login, worker: login, query: login, listen: { url: direct } }, settings());
    const lost = pools.app.query('SELECT pg_sleep(60)').catch((error: unknown) => classify(error));
    const name = new URL(direct).pathname.slice(1);
    await until('the statement was running, and is killed', async () => {
      const { rowCount } = await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'PgSleep'`,
        [name],
      );
      return rowCount === 1;
    });
    expect(await lost).toMatchObject({ kind: 'outcome-unknown' });
    await pools.end();
  });
});
