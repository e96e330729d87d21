import { classify } from '../../kernel/database/errors.js';
import { isPooled } from './poolers.js';
import { clientConfig, type Login } from '../../kernel/database/pools.js';
import { ResilientClient } from '../../kernel/database/resilient-client.js';
import { asServerOptions } from '../../kernel/database/role-settings.js';

type Limits = Readonly<Record<string, string>>;

/** Who answered, and what of the wanted limits doesn't hold in that session. */
interface Session {
  readonly role: string;
  /** A pooler stands in between, which may hand another session to the next transaction. */
  readonly isPooled: boolean;
  /** Limits that are not set: the role doesn't bring them, and a pooler passes none on. */
  readonly missing: readonly string[];
  /** Limits that the role brings by now, in a session that a pooler opened before. */
  readonly outdated: readonly string[];
}

/** As the server shows a setting in this session. */
interface Shown {
  readonly name: string;
  readonly setting: string;
  readonly boot_val: string;
  readonly source: string;
}

/** A login that was tried, and the session that it got. */
export interface TriedLogin extends Login, Session {}

/** How long one try may take; a server that is there answers in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Where a setting comes from that an operator has chosen for this role, database or session: it stays. */
const MEANT = new Set(['database', 'user', 'database user', 'client']);
/** What a pooler answers to start options that it doesn't pass on. */
const PROTOCOL_VIOLATION = '08P01';

/**
 * Signs in once, and finds out which of the wanted limits the role doesn't bring itself; those become start options of
 * every connection, unless a pooler refuses or forgets them. Throws what the server or the network reports.
 */
export async function tryLogin(url: string, wanted: Limits): Promise<TriedLogin> {
  const { unset, ...plain } = await signIn({ url }, wanted);
  if (plain.missing.length === 0) return { url, ...plain };
  // Start options outrank what the role brings: only what it doesn't.
  const serverOptions = asServerOptions(Object.fromEntries(unset.map((name) => [name, wanted[name]!])));
  try {
    const { unset: _, ...limited } = await signIn({ url, serverOptions }, wanted);
    if (limited.missing.length === 0) return { url, serverOptions, ...limited };
  } catch (error) {
    if (classify(error).sqlState !== PROTOCOL_VIOLATION) throw error;
  }
  return { url, ...plain };
}

async function signIn(login: Login, wanted: Limits): Promise<Session & { readonly unset: readonly string[] }> {
  const client = new ResilientClient({
    ...clientConfig('start', login),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  try {
    await client.connect();
    const { rows } = await client.query<Shown & { role: string; kept: string[] }>(
      `SELECT current_user AS role, name, setting, boot_val, source, ${KEPT} AS kept FROM pg_settings WHERE name = ANY ($1)`,
      [Object.keys(wanted)],
    );
    const unset = rows.filter((row) => isUnset(row, wanted));
    // The network's limits show 0 on a local socket, whatever they are.
    const limits = rows.filter(({ name }) => !name.startsWith('tcp_'));
    const outdated = limits.filter(
      ({ name, setting, kept }) => setting !== wanted[name] && kept.includes(`${name}=${wanted[name]}`),
    );
    return {
      role: rows[0]?.role ?? '',
      isPooled: await isPooled(client),
      unset: unset.map(({ name }) => name),
      missing: limits.filter((row) => unset.includes(row) && !outdated.includes(row)).map(({ name }) => name),
      outdated: outdated.map(({ name }) => name),
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The server's own default, which no operator has chosen, and which isn't what is wanted. */
function isUnset({ name, setting, boot_val, source }: Shown, wanted: Limits): boolean {
  return setting === boot_val && setting !== wanted[name] && !MEANT.has(source);
}

/** What the role brings to its next session in this database, as `name=value`. */
const KEPT = `coalesce((SELECT s.setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
                         JOIN pg_database d ON d.oid = s.setdatabase
                        WHERE r.rolname = current_user AND d.datname = current_database()), '{}')`;
