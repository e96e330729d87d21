import { Column, Entity, PrimaryColumn } from 'typeorm';
import { On } from '#kernel/domain';
import { givenRows } from '#kernel/testing';
import { Counted } from '../../../test/support/toys.js';
import { Projection } from './projection.decorator.js';

@Entity({ schema: 'toy_read', name: 'accounts' })
class AccountView {
  @PrimaryColumn('text') account!: string;
  @Column('int') moves!: number;
}

let calls = 0;

/** A counted event stands for a transfer: from the counter to the kind. */
@Projection({ name: 'toy.accounts', version: 1, mode: 'async', view: AccountView })
class AccountsProjection {
  keys({ counterId, kind }: Counted): object[] {
    calls += 1;
    return [{ account: counterId }, { account: kind }];
  }

  @On(Counted)
  counted(row: AccountView | undefined, { counterId }: Counted): Partial<AccountView> {
    return { account: row?.account ?? counterId, moves: (row?.moves ?? 0) + 1 };
  }
}

it('a row that one event names twice by keys() is folded once', async () => {
  const accounts = givenRows(AccountsProjection, { account: 'a', moves: 0 }, { account: 'b', moves: 0 });
  await accounts.whenEvents(new Counted('a', 1, 'a'), new Counted('a', 1, 'b')).thenRows({ moves: 2 }, { moves: 1 });
});

it('keys() is called once per event, however many rows it names', async () => {
  calls = 0;
  const accounts = givenRows(AccountsProjection, { account: 'a', moves: 0 }, { account: 'b', moves: 0 });
  await accounts.whenEvents(new Counted('a', 1, 'b')).thenRows({ moves: 1 }, { moves: 1 });
  expect(calls).toBe(1);
});
