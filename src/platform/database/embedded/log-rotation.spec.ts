import { appendFile, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rotateLog } from './log-rotation.js';

let folder: string;
let log: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-log-'));
  log = join(folder, 'server.log');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the log of the embedded server', () => {
  it('is emptied beyond its limit, and what it held is kept once', async () => {
    await appendFile(log, 'first\n'.repeat(10));
    await rotateLog(log, 50);
    await appendFile(log, 'second\n'.repeat(10));
    await rotateLog(log, 50);
    expect(await readFile(log, 'utf8')).toBe('');
    expect(await readFile(`${log}.old`, 'utf8')).toBe('second\n'.repeat(10));
  });

  it('is written on at its new end by a server that has it open', async () => {
    const server = await open(log, 'a');
    await server.appendFile('x'.repeat(100));
    await rotateLog(log, 50);
    await server.appendFile('after');
    await server.close();
    expect(await readFile(log, 'utf8')).toBe('after');
  });

  it('stays as it is up to its limit, and need not be there', async () => {
    await rotateLog(log, 50);
    await appendFile(log, 'x'.repeat(50));
    await rotateLog(log, 50);
    expect((await stat(log)).size).toBe(50);
  });
});
