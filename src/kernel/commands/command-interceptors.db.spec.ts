import { Injectable, Scope } from '@nestjs/common';
import { CommandBus, CommandHandler, type ICommand, type ICommandHandler } from '@nestjs/cqrs';
import { createToyTables, RunCommand, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Counters, CountHandler, streamOf } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import type { CommandInterceptor } from './command-interceptor.js';
import { UnitOfWork } from './unit-of-work.js';

const heard: string[] = [];

@Injectable()
class Outer implements CommandInterceptor {
  async intercept(command: ICommand, next: () => Promise<unknown>): Promise<unknown> {
    heard.push(`outer before ${command.constructor.name}`);
    const result = await next();
    heard.push(`outer after ${command.constructor.name}`);
    return result;
  }
}

@Injectable()
class Inner implements CommandInterceptor {
  intercept(command: ICommand, next: () => Promise<unknown>): Promise<unknown> {
    heard.push(UnitOfWork.current() === undefined ? 'outside of a unit' : `inner ${command.constructor.name}`);
    if (command instanceof CountCommand && command.by === 13) throw new Error('not thirteen');
    return next();
  }
}

class NumberCommand {}

let made = 0;

@CommandHandler(NumberCommand)
@Injectable({ scope: Scope.REQUEST })
class NumberHandler implements ICommandHandler<NumberCommand> {
  readonly number = (made += 1);

  execute(): Promise<number> {
    return Promise.resolve(this.number);
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, {
    parts: { providers: [Counters, CountHandler, NumberHandler, Outer, Inner] },
    kernel: { commandInterceptors: [Outer, Inner] },
  });
});
beforeEach(() => heard.splice(0));
afterAll(async () => {
  await toy.close();
  await db.drop();
});

describe('interceptors of commands', () => {
  it('stand around the handler in their order, inside the unit of work', async () => {
    await toy.run(new CountCommand(newId(), 1));
    expect(heard).toEqual(['outer before CountCommand', 'inner CountCommand', 'outer after CountCommand']);
  });

  it('stand around joined commands as well', async () => {
    await toy.inCommand(() => toy.get(CommandBus).execute(new CountCommand(newId(), 1)));
    expect(heard).toEqual([
      'outer before RunCommand',
      'inner RunCommand',
      'outer before CountCommand',
      'inner CountCommand',
      'outer after CountCommand',
      'outer after RunCommand',
    ]);
    expect(heard.filter((line) => line.includes(RunCommand.name))).toHaveLength(3);
  });

  it('can refuse a command, which then leaves nothing', async () => {
    const id = newId();
    await expect(toy.run(new CountCommand(id, 13))).rejects.toThrow('not thirteen');
    expect(await toy.events(streamOf(id))).toEqual([]);
  });
});

it('a request-scoped handler is made anew for each command', async () => {
  expect(await toy.run(new NumberCommand())).toBe(1);
  expect(await toy.run(new NumberCommand())).toBe(2);
});
