import { createServer } from 'node:net';
import type { Configuration } from '#config';
import { failure, ok, type Finding } from './finding.js';

const ANSWER_WITHIN_MS = 1_000;

/** Whether the server could listen where it is to, or does already. */
export async function examinePort({ http: { host, port } }: Configuration): Promise<Finding> {
  if (port === 0) return ok('The server will use any free port');
  const code = await listeningFails(host, port);
  if (code === undefined) return ok(`Port ${port} is free`);
  if (code === 'EADDRINUSE' && (await isWaybill(host, port))) return ok(`Waybill is running on port ${port}`);
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: `Stop the program that uses it, or set PORT to another port (0: any free port).`,
    EACCES: `Ports below 1024 need privileges. Set PORT to 1024 or above.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Correct HOST.`,
  };
  const what =
    code === 'EADDRINUSE' ? `Port ${port} is in use by another program` : `Port ${port} can't be used (${code})`;
  return failure(what, remedies[code] ?? 'Set HOST and PORT to an address and a port of this machine.');
}

/** The error's code; undefined if it works. */
function listeningFails(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

async function isWaybill(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  try {
    const answer = await fetch(`http://${name}:${port}/health/live`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const body = (await answer.json()) as { readonly status?: unknown };
    return body.status === 'live' || body.status === 'ok';
  } catch {
    return false;
  }
}
