import { chown, copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withOwner } from '../../src/platform/database/prepare.js';

/** A running cluster: where it lies (`<dataDir>/pg18`), and the login of its owner. */
export interface RunningCluster {
  readonly ownerUrl: string;
  readonly folder: string;
}

/** Never part of a backup: what belongs to the running server alone. */
const OF_THE_SERVER =
  /^(postmaster\.(pid|opts)|server\.log.*|standby\.signal|pg_wal\/archive_status\/.+|pg_stat_tmp\/.+)$/;
const WAL_SEGMENT = /^pg_wal\/(.+)$/;

/**
 * Copies the data folder of a running server, as an online backup does: pg_backup_start, files, pg_backup_stop. A server
 * that starts on the copy recovers to the end of the backup. The embedded PostgreSQL has no pg_basebackup.
 *
 * @param dataDir of the copy, whose folder `pg18` and password file are made anew
 */
export async function copyCluster(cluster: RunningCluster, dataDir: string): Promise<void> {
  const target = join(dataDir, 'pg18');
  await rm(target, { recursive: true, force: true });
  await copyFile(`${cluster.folder}.json`, `${target}.json`);
  await withOwner(cluster.ownerUrl, async (client) => {
    await client.query(`SELECT pg_backup_start('copy', true)`);
    await copyFiles(cluster.folder, target, (path) => !WAL_SEGMENT.test(path));
    const { rows } = await client.query<{ labelfile: string }>(
      'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
    );
    await writeFile(join(target, 'backup_label'), rows[0]!.labelfile);
  });
  // After the stop: the log up to the end of the backup is complete.
  await copyFiles(cluster.folder, target, (path) => WAL_SEGMENT.test(path));
  await giveTo(cluster.folder, target);
}

/** Makes a copy start as a streaming standby of the server at `primaryUrl`. */
export async function makeStandby(dataDir: string, primaryUrl: string): Promise<void> {
  const folder = join(dataDir, 'pg18');
  const { hostname, port, username, password } = new URL(primaryUrl);
  const conninfo = `host=${hostname} port=${port} user=${username} password=${password} application_name=standby`;
  const settings = await readFile(join(folder, 'postgresql.auto.conf'), 'utf8');
  await writeFile(join(folder, 'postgresql.auto.conf'), `${settings}primary_conninfo = '${conninfo}'\n`);
  await writeFile(join(folder, 'standby.signal'), '');
  await giveTo(folder, folder);
}

/** Files of a running server come and go: one that has gone since it was listed is none of the backup. */
async function copyFiles(from: string, to: string, isWanted: (path: string) => boolean): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name).slice(from.length + 1);
    if (OF_THE_SERVER.test(path)) continue;
    if (entry.isDirectory()) await mkdir(join(to, path), { recursive: true, mode: 0o700 });
    else if (isWanted(path)) await copyOne(join(from, path), join(to, path));
  }
}

async function copyOne(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** PostgreSQL runs as the owner of its folder, which must be closed to others. */
async function giveTo(like: string, folder: string): Promise<void> {
  const { uid, gid } = await stat(like);
  if (process.getuid?.() !== 0) return;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await chown(join(entry.parentPath, entry.name), uid, gid);
  await chown(folder, uid, gid);
}
