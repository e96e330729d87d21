import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { built } from '../built.mjs';
import { databaseSettings, loginsOf } from '../database.mjs';
import { filledIn } from '../recording.mjs';
import { answer } from './answering.mjs';
import { closedLoop } from './load.mjs';

const { Pools } = await built('kernel/database/pools.js');
const NUMBERS_PER_BLOCK = 50;

let pools;
let order;

/** Does with `pg` alone what the server does in the database for an order: same statements, names, pools and logins. */
answer({
  async open({ ownerUrl, ...recorded }) {
    pools = new Pools(await loginsOf(ownerUrl), databaseSettings(ownerUrl));
    order = { ...recorded, epoch: await currentEpoch(), numbers: new Numbers(recorded.takeNumbers) };
  },

  run: (how) => closedLoop(how, placeOrder),
});

/** A commit names the epoch of the log that its unit was loaded from: here that of this database's log. */
async function currentEpoch() {
  const { rows } = await pools.query.query('SELECT epoch FROM kernel.epochs ORDER BY id DESC LIMIT 1');
  return rows[0].epoch;
}

async function placeOrder() {
  const { patterns, slots, numbers, epoch } = order;
  const number = await numbers.next();
  const fresh = { number: () => `SO-${number}`, epoch: () => epoch, v7, v4: randomUUID };
  const ids = slots.map((slot) => fresh[slot]());
  for (const { pool, name, text, values } of patterns) {
    await pools[pool].query({ name, text, values: filledIn(values, ids) });
  }
}

/** Order numbers in blocks, as the server takes them. */
class Numbers {
  #next = 0;
  #end = 0;
  #taking;

  constructor(statement) {
    this.statement = statement;
  }

  async next() {
    while (this.#next >= this.#end) await (this.#taking ??= this.#take());
    this.#next += 1;
    return this.#next - 1;
  }

  async #take() {
    const { pool, name, text } = this.statement;
    const { rows } = await pools[pool].query({ name, text });
    this.#next = rows[0].first;
    this.#end = rows[0].first + NUMBERS_PER_BLOCK;
    this.#taking = undefined;
  }
}
