import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { configurationOf, type Environment } from '#config';
import { withOwner } from '../../database/prepare.js';
import { freshDatabase, type FreshDatabase } from '../../testing/databases.js';
import { examine } from './doctor.js';
import type { Finding } from './finding.js';

let db: FreshDatabase;
const servers: Server[] = [];
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await db.drop();
});

/** Something that answers on a port of its own. */
async function answering(body: string): Promise<string> {
  const server = createServer((_request, response) => response.end(body));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return String((server.address() as AddressInfo).port);
}

const findings = (environment: Environment = {}): Promise<Finding[]> =>
  examine(
    () => configurationOf({ ...db.environment, HOST: '127.0.0.1', PORT: '0', ...environment }),
    () => undefined,
  );
const complaints = async (environment?: Environment) =>
  (await findings(environment)).filter(({ state }) => state !== 'ok');

describe('the doctor', () => {
  it('tells what is set and means nothing', async () => {
    const text = '.env sets PROT, which is no setting of Waybill. Did you mean PORT?';
    const found = await examine(
      (warn) => {
        warn(text);
        return configurationOf({ ...db.environment, HOST: '127.0.0.1', PORT: '0' });
      },
      () => undefined,
    );
    expect(found).toContainEqual({ state: 'warning', what: text, remedy: 'Correct the name, or remove it.' });
  });

  it('says in a sentence why a data folder can’t be used', async () => {
    const embedded = {
      DATABASE_URL: '',
      DATABASE_APP_URL: '',
      DATABASE_WORKER_URL: '',
      DATABASE_QUERY_URL: '',
      DATABASE_LISTEN_URL: '',
    };
    expect(await complaints({ ...embedded, DATA_DIR: '/dev/null/data' })).toContainEqual({
      state: 'failure',
      what: "DATA_DIR /dev/null/data can't be created: /dev/null is not a folder",
      remedy: 'Set DATA_DIR to a folder that Waybill may write to.',
    });
  });

  it('finds a sound machine and a sound database sound', async () => {
    const found = (await findings()).map(({ what }) => what);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Node \d+/),
        expect.stringMatching(/^PostgreSQL \d+ is running at postgres:/),
        'All migrations are applied',
        'Its encoding is UTF8',
      ]),
    );
    expect(found.join()).not.toContain(new URL(db.url).password);
  });

  it('tells a port that a Waybill has from one that something else has', async () => {
    const [ours, other] = [await answering('{"status":"live"}'), await answering('hello')];
    expect((await findings({ PORT: ours })).map(({ what }) => what)).toContain(`Waybill is running on port ${ours}`);
    expect(await complaints({ PORT: other })).toContainEqual(
      expect.objectContaining({ state: 'failure', what: `Port ${other} is in use by another program` }),
    );
  });

  it('names every wrong setting, and looks no further', async () => {
    expect(await complaints({ ROLE: 'x', PORT: 'y' })).toEqual([
      { state: 'failure', what: 'A setting is invalid', remedy: expect.stringContaining('ROLE') },
      { state: 'failure', what: 'A setting is invalid', remedy: expect.stringContaining('PORT') },
    ]);
  });

  it('finds a role that commits without waiting for the disk, whoever made the role', async () => {
    const nameOf = (url: string): string => decodeURIComponent(new URL(url).username);
    const database = new URL(db.url).pathname.slice(1);
    const made = `${database}_app`;
    await withOwner(db.url, async (client) => {
      await client.query(`CREATE ROLE "${made}"`);
      for (const role of [nameOf(db.workerUrl), made])
        await client.query(`ALTER ROLE "${role}" IN DATABASE "${database}" SET synchronous_commit = off`);
    });
    try {
      const said = async (environment?: Environment): Promise<string[]> =>
        (await complaints(environment)).map(({ what }) => what);
      const unsafe = (role: string) => expect.stringContaining(`synchronous_commit=off (of role ${role})`);
      expect(await said()).toEqual(expect.arrayContaining([unsafe(nameOf(db.workerUrl))]));
      expect(await said()).not.toContainEqual(unsafe(made));
      const withoutRoles = {
        DATABASE_APP_URL: '',
        DATABASE_WORKER_URL: '',
        DATABASE_QUERY_URL: '',
        DATABASE_LISTEN_URL: '',
      };
      expect(await said(withoutRoles)).toContainEqual(unsafe(made));
    } finally {
      await withOwner(db.url, (client) => client.query(`DROP ROLE "${made}"`));
    }
  });

  it('says what to do about a database that it can not reach', async () => {
    const gone = new URL(db.url);
    gone.pathname = '/nobody';
    expect(await complaints({ DATABASE_URL: gone.toString() })).toContainEqual({
      state: 'failure',
      what: expect.stringContaining("can't be used"),
      remedy: expect.stringContaining('Create the database'),
    });
  });
});
