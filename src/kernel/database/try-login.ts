import { classify } from './errors.js';
import { clientConfig, type Login } from './pools.js';
import { ResilientClient } from './resilient-client.js';
import { asServerOptions } from './role-settings.js';

/** A login that was tried, and the role it turned out to be. */
export interface TriedLogin extends Login {
  readonly role: string;
  /** Set where the login works but can't be limited as it should be; a text with the remedy. */
  readonly warning?: string;
}

/** How long one try may take; a server that is there answers in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** What a pooler answers to start options that it doesn't pass on. */
const PROTOCOL_VIOLATION = '08P01';
/** What the server shows for a limit that nobody has set. */
const NOT_SET = new Set(['0', 'off']);

/**
 * Signs in once, and finds out which of the wanted limits the role doesn't bring itself; those become start options of
 * every connection. Throws what the server or the network says.
 */
export async function tryLogin(url: string, wanted: Readonly<Record<string, string>>): Promise<TriedLogin> {
  const { role, missing } = await signIn({ url }, wanted);
  if (missing.length === 0) return { url, role };
  const serverOptions = asServerOptions(wanted);
  try {
    await signIn({ url, serverOptions }, wanted);
    return { url, role, serverOptions };
  } catch (error) {
    if (classify(error).sqlState !== PROTOCOL_VIOLATION) throw error;
    const sets = missing.map((name) => `ALTER ROLE "${role}" SET ${name} = '${wanted[name]}';`).join(' ');
    const warning = `The pooler in front of the database passes on no settings, and the role ${role} has no limits of its own. Run: ${sets}`;
    return { url, role, warning };
  }
}

async function signIn(
  login: Login,
  wanted: Readonly<Record<string, string>>,
): Promise<{ role: string; missing: string[] }> {
  const client = new ResilientClient({
    ...clientConfig('start', login),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ role: string; name: string; setting: string }>(
      'SELECT current_user AS role, name, setting FROM pg_settings WHERE name = ANY ($1)',
      [Object.keys(wanted)],
    );
    const missing = rows.filter(({ setting }) => NOT_SET.has(setting)).map(({ name }) => name);
    return { role: rows[0]?.role ?? '', missing: missing.filter((name) => !name.startsWith('tcp_')) };
  } finally {
    await client.end().catch(() => undefined);
  }
}
