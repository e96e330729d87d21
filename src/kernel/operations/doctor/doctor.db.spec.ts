import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { configurationOf, type Environment } from '#config';
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
  it('finds a sound machine and a sound database sound', async () => {
    const found = (await findings()).map(({ what }) => what);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Node \d+/),
        expect.stringMatching(/^PostgreSQL \d+ answers at postgres:/),
        'Every migration is applied',
        'Its encoding is UTF8',
      ]),
    );
    expect(found.join()).not.toContain(new URL(db.url).password);
  });

  it('tells a port that a Waybill has from one that something else has', async () => {
    const [ours, other] = [await answering('{"status":"live"}'), await answering('hello')];
    expect((await findings({ PORT: ours })).map(({ what }) => what)).toContain(`A Waybill answers on port ${ours}`);
    expect(await complaints({ PORT: other })).toContainEqual(
      expect.objectContaining({ state: 'failure', what: `Port ${other} is taken by another program` }),
    );
  });

  it('names every wrong setting, and looks no further', async () => {
    expect(await complaints({ ROLE: 'x', PORT: 'y' })).toEqual([
      { state: 'failure', what: 'A setting is wrong', remedy: expect.stringContaining('ROLE') },
      { state: 'failure', what: 'A setting is wrong', remedy: expect.stringContaining('PORT') },
    ]);
  });

  it('says what to do about a database that it can not reach', async () => {
    const gone = new URL(db.url);
    gone.pathname = '/nobody';
    expect(await complaints({ DATABASE_URL: gone.toString() })).toContainEqual({
      state: 'failure',
      what: expect.stringContaining("can't be used"),
      remedy: expect.stringContaining('Create that database'),
    });
  });
});
