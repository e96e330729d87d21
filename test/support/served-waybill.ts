import request from 'supertest';
import { configurationOf, type Environment } from '#config';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { boot, type Waybill } from '../../src/boot.js';
import { DevTokens } from '../../src/platform/http/auth/dev-tokens.js';
import type { Role } from '#app';

/** Sends every request with the token of one person or system. */
export type Client = ReturnType<typeof request.agent>;

/** A whole Waybill that listens on a free port, on a database of its own. */
export class ServedWaybill {
  private constructor(
    readonly db: FreshDatabase,
    readonly waybill: Waybill,
  ) {}

  static async start(specUrl: string, environment: Environment = {}): Promise<ServedWaybill> {
    const db = await freshDatabase(specUrl);
    const configuration = configurationOf({ ...db.environment, HOST: '127.0.0.1', PORT: '0', ...environment });
    return new ServedWaybill(db, await boot(configuration, { serves: 'api', logger: false }));
  }

  get url(): string {
    return this.waybill.url!;
  }

  async as(subject: string, ...roles: Role[]): Promise<Client> {
    const token = await this.waybill.app.get(DevTokens, { strict: false }).issue({ subject, roles });
    return request.agent(this.url).set('authorization', `Bearer ${token}`);
  }

  /** As {@link as}, for somebody of a tenant. */
  async inTenant(tenant: string, subject: string, ...roles: Role[]): Promise<Client> {
    const token = await this.waybill.app.get(DevTokens, { strict: false }).issue({ subject, roles, tenant });
    return request.agent(this.url).set('authorization', `Bearer ${token}`);
  }

  /** Something to order: TEE, 19.99 EUR. */
  async sellTees(): Promise<void> {
    const manager = await this.as('mary', 'manager');
    const product = { sku: 'TEE', name: 'Black tee', unitPrice: { amount: 1999, currency: 'EUR' } };
    await manager.post('/v1/products').send(product).expect(201);
  }

  anonymous(): Client {
    return request.agent(this.url);
  }

  async stop(): Promise<void> {
    await this.waybill.stop();
    await this.db.drop();
  }
}
