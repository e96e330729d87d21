import { createServer } from 'node:net';
import type { Configuration } from '#config';
import { failure, ok, type Finding } from './finding.js';

const ANSWER_WITHIN_MS = 1_000;

/** Whether the server could listen where it is to, or does already. */
export async function examinePort({ http: { host, port } }: Configuration): Promise<Finding> {
  if (port === 0) return ok('The server will take any free port');
  const code = await listeningFails(host, port);
  if (code === undefined) return ok(`Port ${port} is free`);
  if (code === 'EADDRINUSE' && (await isWaybill(host, port))) return ok(`A Waybill answers on port ${port}`);
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: `End the program that has it, or set PORT to another one (0: any free one).`,
    EACCES: `Ports below 1024 need rights: set PORT to one above.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: correct HOST.`,
  };
  const what =
    code === 'EADDRINUSE' ? `Port ${port} is taken by another program` : `Port ${port} can't be used (${code})`;
  return failure(what, remedies[code] ?? 'Set HOST and PORT to what this machine has.');
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
