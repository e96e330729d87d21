import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Pools } from './pools.js';

const SECRET_BYTES = 32;

/** Keys that all replicas share and that survive restarts: made by whoever needs one first, kept in kernel.secrets. */
@Injectable()
export class Secrets {
  readonly #known = new Map<string, Buffer>();

  constructor(private readonly pools: Pools) {}

  /** A secret of 32 random bytes, the same for every process of this database. */
  get(name: string): Promise<Buffer> {
    return this.getOrMake(name, () => randomBytes(SECRET_BYTES));
  }

  /** As `get`, for a secret with a shape of its own, such as a key pair. The first maker wins. */
  async getOrMake(name: string, make: () => Buffer | Promise<Buffer>): Promise<Buffer> {
    const known = this.#known.get(name) ?? (await this.#read(name));
    if (known !== undefined) return this.#remember(name, known);
    await this.pools.app.query({
      text: 'INSERT INTO kernel.secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      values: [name, await make()],
    });
    return this.#remember(name, (await this.#read(name))!);
  }

  #remember(name: string, value: Buffer): Buffer {
    this.#known.set(name, value);
    return value;
  }

  async #read(name: string): Promise<Buffer | undefined> {
    const { rows } = await this.pools.app.query<{ value: Buffer }>({
      text: 'SELECT value FROM kernel.secrets WHERE name = $1',
      values: [name],
    });
    return rows[0]?.value;
  }
}
