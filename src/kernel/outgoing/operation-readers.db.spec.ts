import '#app';
import { maySee } from '../../platform/http/operations/operations.controller.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { ada, later, TallyCommand, TallyHandler } from '../../../test/support/tally.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { Counters } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { MessageContext } from '../messages/message-context.js';
import { Operations } from './operations.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [Counters, TallyHandler] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

describe('an operation of a tenant', () => {
  const startedBy = (type: 'customer' | 'service'): Promise<string> =>
    later(toy, new TallyCommand(newId()), { tenant: 'north', actor: { type, id: 'ada' } });
  const sees = async (sent: string, tenant: string, id: string, ...roles: string[]): Promise<boolean> => {
    const caller = new MessageContext({ tenant, principal: { id, roles } });
    return maySee(caller, (await toy.get(Operations).find(sent))!);
  };

  it.each([
    ['north', 'ada', ['customer'], true],
    ['north', 'sam', ['support'], true],
    ['north', 'sam', ['service', 'support'], true],
    ['north', 'sam', ['customer', 'warehouse'], true],
    ['north', 'eve', ['customer'], false],
    ['north', 'importer', ['service'], false],
    ['default', 'ada', ['customer'], false],
    ['default', 'sam', ['support'], false],
  ])('is seen in %s by %s with the roles %j: %s', async (tenant, id, roles, isSeen) => {
    expect(await sees(await startedBy('customer'), tenant, id, ...roles)).toBe(isSeen);
  });

  it.each([
    [{ tenant: 'north', principal: 'ada' }, true],
    [{ tenant: 'north', principal: null }, true],
    [{ tenant: 'north', principal: 'eve' }, false],
    [{ tenant: 'default', principal: null }, false],
  ])('is read for %j: %s; for others it costs what an absent one does', async (reader, isFound) => {
    const sent = await later(toy, new TallyCommand(newId()), { tenant: 'north', principal: ada });
    expect((await toy.get(Operations).find(sent, reader))?.id).toBe(isFound ? sent : undefined);
  });

  it('isn’t seen any more by who started it as a service and is only a customer now', async () => {
    const sent = await startedBy('service');
    expect(await sees(sent, 'north', 'ada', 'service', 'customer')).toBe(true);
    expect(await sees(sent, 'north', 'ada', 'customer')).toBe(false);
  });
});
