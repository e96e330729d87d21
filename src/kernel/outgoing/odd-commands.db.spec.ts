import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DurableCommand } from '#kernel/domain';
import { ODD_FAILURES } from '../../../test/support/odd-failures.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { OutgoingCommands } from './outgoing-commands.js';

@DurableCommand('toy.odd')
class OddCommand {
  constructor(readonly title: string) {}
}

const executed: string[] = [];

@CommandHandler(OddCommand)
class OddHandler implements ICommandHandler<OddCommand> {
  async execute({ title }: OddCommand): Promise<void> {
    await ODD_FAILURES[title]?.fail();
    executed.push(title);
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [OddHandler] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const send = (title: string): Promise<string> =>
  toy.inCommand<string>(() => toy.get(OutgoingCommands).send(new OddCommand(title)));

describe('a stored command whose handler', () => {
  it.each(Object.keys(ODD_FAILURES))('%s is tried again, is counted, and holds up no other one', async (title) => {
    const odd = await send(title);
    const other = `beside one that ${title}`;
    await send(other);
    await eventually(() => expect(executed).toContain(other));
    const outgoing = toy.get(OutgoingCommands);
    await eventually(async () => {
      const row = await outgoing.find(odd);
      expect(row!.attempts).toBeGreaterThan(1);
      expect(row).toMatchObject({ state: 'queued', error: expect.stringContaining(ODD_FAILURES[title]!.said) });
    });
    await eventually(async () => expect(await outgoing.cancel(odd)).toBe(true));
  });
});
