import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvFile } from './env-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-env-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function variablesIn(content: string | Buffer): Record<string, string | undefined> {
  const path = join(folder, '.env');
  writeFileSync(path, content);
  return { ...readEnvFile(path) };
}

describe('a file of settings', () => {
  it('sets nothing where it does not exist or is empty', () => {
    expect(readEnvFile(join(folder, 'missing'))).toEqual({});
    expect(variablesIn('')).toEqual({});
    expect(variablesIn('\ufeff')).toEqual({});
  });

  it.each([
    ['as it is written', 'NODE_ENV=production\nPORT=4000\n'],
    ['behind a byte order mark', '\ufeffNODE_ENV=production\nPORT=4000\n'],
    ['with the line ends of Windows', '\ufeffNODE_ENV=production\r\nPORT=4000\r\n'],
    ['with the line ends of old Macs', 'NODE_ENV=production\rPORT=4000'],
    ['exported, quoted, indented and commented', '# one\nexport NODE_ENV="production"\n\n  PORT = 4000 # two\n'],
  ])('is read %s', (_how, content) => {
    expect(variablesIn(content)).toEqual({ NODE_ENV: 'production', PORT: '4000' });
  });

  it('may have quoted values over several lines, whatever they look like', () => {
    const content = `A="one\nNODE_ENV production\n"\nB='x=\n#y'\nC=it's\nD=\`\n'"\`\n`;
    expect(variablesIn(content)).toEqual({ A: 'one\nNODE_ENV production\n', B: 'x=\n#y', C: "it's", D: `\n'"` });
  });

  it.each([
    ['NODE_ENV production', 'NODE_ENV…'],
    ['NODE_ENV: production', 'NODE_ENV:…'],
    ['=production', '=production…'],
    ['NODE_ENV production = 1', 'NODE_ENV…'],
    ['DATABASE_URL postgres://u:s3cret@h/d?a=b', 'DATABASE_URL…'],
  ])('is refused where a line sets nothing: %s', (line, shown) => {
    const read = (): unknown => variablesIn(`PORT=1\n${line}\nROLE=api\n`);
    expect(read).toThrow(`line 2, sets nothing: ${shown}. Write NAME=value`);
    expect(read).not.toThrow('s3cret');
  });

  it.each([
    ['UTF-16 with a byte order mark', Buffer.from('\ufeffPORT=1', 'utf16le')],
    ['UTF-16', Buffer.from('PORT=1', 'utf16le')],
    ['Latin-1', Buffer.from('SMTP_FROM=Café <a@b.test>', 'latin1')],
  ])('is refused where it is %s', (_what, content) => {
    expect(() => variablesIn(content)).toThrow('is not UTF-8 text. Save it as UTF-8.');
  });

  it('is refused where it can’t be read', () => {
    expect(() => readEnvFile(folder)).toThrow(/can't be read \(EISDIR\)/);
  });
});
