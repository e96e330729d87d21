import { copyFile, stat, truncate } from 'node:fs/promises';

/** The server's log takes at most about twice this: the file, and the one before it. */
const LOG_LIMIT_BYTES = 10 * 1_024 * 1_024;
const CHECK_MS = 60_000;

/**
 * Copies a log that has become too large to `<log>.old` and empties it, so that a server that runs for months doesn't fill the disk.
 * The server goes on writing to the same file: it appends, so that it goes on at the new end. Lines that it writes between copy and
 * truncation are lost; PostgreSQL's own log collector would lose none, and would never remove a file.
 */
export async function rotateLog(log: string, limitBytes: number = LOG_LIMIT_BYTES): Promise<void> {
  const found = await stat(log).catch(() => undefined);
  if (found === undefined || found.size <= limitBytes) return;
  await copyFile(log, `${log}.old`);
  await truncate(log);
}

/** Rotates the log for as long as this process uses the server. @returns what ends it */
export function keepLogSmall(log: string): () => void {
  const timer = setInterval(() => void rotateLog(log).catch(() => undefined), CHECK_MS).unref();
  return () => clearInterval(timer);
}
