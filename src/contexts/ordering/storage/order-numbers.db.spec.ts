import { ReadSql, CommandPipeline } from '#kernel';
import { OrderingApp } from '../../../../test/support/ordering-app.js';
import { OrderNumbers } from './order-numbers.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

/** Numbers as one process would take them, inside a command. */
function taken(numbers: OrderNumbers, count: number): Promise<string[]> {
  return app.waybill.app
    .get(CommandPipeline)
    .run('spec', () => Promise.all(Array.from({ length: count }, () => numbers.next())));
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => `SO-${first + n}`);

describe('the numbers of orders', () => {
  it('come in blocks, so that processes never give the same, and begin at SO-1001', async () => {
    const sql = app.waybill.app.get(ReadSql);
    const [one, other] = [new OrderNumbers(sql), new OrderNumbers(sql)];
    expect(await taken(one, 2)).toEqual(from(1001, 2));
    expect(await taken(other, 2)).toEqual(from(1051, 2));
    expect(await taken(one, 60)).toEqual([...from(1003, 48), ...from(1101, 12)]);
    expect(await taken(other, 1)).toEqual(from(1053, 1));
  });

  it('are not lost for long when the database refuses once', async () => {
    const sql = app.waybill.app.get(ReadSql);
    let isDown = true;
    const failing = {
      query: (statement: never) => (isDown ? Promise.reject(new Error('down')) : sql.query(statement)),
    };
    const numbers = new OrderNumbers(failing as unknown as ReadSql);
    await expect(taken(numbers, 2)).rejects.toThrow('down');
    isDown = false;
    expect(await taken(numbers, 1)).toHaveLength(1);
  });
});
