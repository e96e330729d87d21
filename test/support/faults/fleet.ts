import type { Environment } from '#config';
import { withOwner } from '../../../src/platform/database/prepare.js';
import { KillableDatabase } from '../processes-database.js';
import { FleetMember } from './fleet-member.js';
import { sabotages } from './sabotages.mjs';

export type Sabotage = keyof typeof sabotages;

/** Shorter than in production, so that a run sees many of them end. */
export const LEASE_MS = 2_000;
const SETTINGS: Environment = {
  LOG_LEVEL: 'warn',
  // What goes unanswered is given up 2 s after this.
  DATABASE_STATEMENT_TIMEOUT_MS: '2000',
  DATABASE_WORKER_STATEMENT_TIMEOUT_MS: '3000',
  DATABASE_WORKER_LOCK_TIMEOUT_MS: '2000',
  DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: '3000',
  DATABASE_WORKER_IDLE_IN_TRANSACTION_TIMEOUT_MS: '3000',
  SHUTDOWN_REQUESTS_MS: '5000',
};

/**
 * What the rig keeps beside the program's tables: what the probe has seen, the views that change with each release, streams
 * whose events always run into a time-out, and whether a checkpoint, a fence or a lease
 * ever went back (I8, I9 and I13 of docs/reference/guarantees.md).
 */
const RIG_SCHEMA = `
CREATE SCHEMA rig;
CREATE TABLE rig.seen (seq bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL, stream text NOT NULL, version int NOT NULL);
CREATE TABLE rig.releases (order_id text PRIMARY KEY, releases text NOT NULL);
CREATE TABLE rig.inline_releases (order_id text PRIMARY KEY, releases text NOT NULL, version int NOT NULL);
CREATE TABLE rig.slow (stream text NOT NULL);
CREATE FUNCTION rig.be_slow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF EXISTS (SELECT FROM rig.slow s WHERE s.stream = NEW.stream) THEN PERFORM pg_sleep(60); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER be_slow BEFORE INSERT ON rig.seen FOR EACH ROW EXECUTE FUNCTION rig.be_slow();
CREATE TABLE rig.went_back (what text NOT NULL);
CREATE FUNCTION rig.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO rig.went_back VALUES (TG_TABLE_NAME || ' ' || to_jsonb(OLD)::text || ' -> ' || to_jsonb(NEW)::text);
  RETURN NEW;
END $$;
-- A rebuild puts a view's checkpoints back to 0 and raises the fence with it.
CREATE TRIGGER rig_checkpoint AFTER UPDATE ON kernel.checkpoints FOR EACH ROW
  WHEN (NEW.fence < OLD.fence OR NEW.position < OLD.position AND NOT (NEW.position = 0 AND NEW.fence > OLD.fence)) EXECUTE FUNCTION rig.note();
CREATE TRIGGER rig_lease AFTER UPDATE ON kernel.leases FOR EACH ROW
  WHEN (NEW.owner <> OLD.owner AND NEW.token <= OLD.token) EXECUTE FUNCTION rig.note();
GRANT USAGE ON SCHEMA rig TO PUBLIC;
GRANT INSERT, SELECT ON rig.seen TO PUBLIC;
GRANT ALL ON rig.releases, rig.inline_releases TO PUBLIC;`;

/** Two processes that answer, two that run subscriptions, and the server they share: all real, all to be broken. */
export class Fleet {
  private constructor(
    readonly database: KillableDatabase,
    readonly members: readonly FleetMember[],
    readonly leaseMs: number,
  ) {}

  /** @param leaseMs how long leases outlive their last renewal */
  static async start(sabotage?: Sabotage, leaseMs = LEASE_MS): Promise<Fleet> {
    const database = await KillableDatabase.start();
    // The machine doesn't crash here, and what the system's kernel holds survives all else.
    await database.set({ fsync: 'off' });
    const own = { SUBSCRIPTIONS_LEASE_MS: String(leaseMs), RIG_SABOTAGE: sabotage };
    const environment = { ...database.environment, ...SETTINGS, ...own };
    const prepared = (['api-1', 'api-2', 'worker-1', 'worker-2'] as const).map((name) =>
      FleetMember.prepare(name, name.startsWith('api') ? 'api' : 'worker', environment),
    );
    const fleet = new Fleet(database, await Promise.all(prepared), leaseMs);
    await orElse(
      () => fleet.#startAll(sabotage),
      () => fleet.close(),
    );
    return fleet;
  }

  /** The release that members are started with from now on. */
  set release(release: number) {
    for (const member of this.members) member.release = release;
  }

  get release(): number {
    return this.members[0]!.release;
  }

  get apis(): readonly FleetMember[] {
    return this.members.filter(({ role }) => role === 'api');
  }

  get ownerUrl(): string {
    return this.database.environment['DATABASE_URL']!;
  }

  member(name: string): FleetMember {
    return this.members.find((member) => member.name === name)!;
  }

  /** After the server has been started anew, maybe elsewhere. */
  retarget(): void {
    for (const member of this.members) member.retarget(this.ownerUrl);
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()));
    await this.database.stop();
  }

  /** The first one migrates; the rig's tables must be there before anything is seen. */
  async #startAll(sabotage: Sabotage | undefined): Promise<void> {
    const [first, ...others] = this.members;
    await first!.start();
    await withOwner(this.ownerUrl, async (client) => {
      await client.query(RIG_SCHEMA);
      for (const { of, from, to } of sabotage ? sabotages[sabotage].functions : []) {
        const { rows } = await client.query<{ source: string }>(
          'SELECT pg_get_functiondef($1::regprocedure) AS source',
          [of],
        );
        const { source } = rows[0]!;
        if (!source.includes(from)) throw new Error(`${of} has changed: "${from}" isn't there. Make the control anew.`);
        await client.query(source.replace(from, () => to));
      }
    });
    await Promise.all(others.map((member) => member.start()));
  }
}

/** A start that fails leaves nothing running: the test run would never end. */
export async function orElse<T>(start: () => Promise<T>, close: () => Promise<void>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    await close();
    throw error;
  }
}
