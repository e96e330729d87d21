import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationRefused, type Environment } from './configuration.js';

const FINE_LINE = /^\s*(?:$|#|(?:export\s+)?[a-z_][\w.-]*\s*=)/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The variables of a `.env` file; none where there is no such file. A byte order mark, which editors on Windows put before
 * the first name, is no part of that name.
 *
 * @throws ConfigurationRefused where the file can't be read, or a line sets nothing: `NODE_ENV production` would start in
 * development.
 */
export function readEnvFile(path: string): Environment {
  const bytes = bytesOf(path);
  if (bytes === undefined) return {};
  const text = textOf(path, bytes);
  const reasons = linesWithoutName(text).map(
    ([number, line]) => `${path}, line ${number}, sets nothing: ${line}. Write NAME=value, or # before a comment.`,
  );
  if (reasons.length > 0) throw new ConfigurationRefused(reasons);
  return parseEnv(text);
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new ConfigurationRefused([`${path} can't be read (${code}). Correct its permissions, or remove it.`]);
  }
}

/** TextDecoder drops the byte order mark. UTF-16, as PowerShell's `>` writes it, isn't UTF-8, or has a NUL in each name. */
function textOf(path: string, bytes: Buffer): string {
  try {
    const text = UTF8.decode(bytes);
    if (!text.includes('\0')) return text.replaceAll(/\r\n?/g, '\n');
  } catch {
    // Reported below, with the other case.
  }
  throw new ConfigurationRefused([`${path} is not UTF-8 text. Save it as UTF-8.`]);
}

/** Lines that are neither blank, nor a comment, nor an assignment, nor within a quoted value; with their numbers. Only the
 *  first word is shown: the rest may be a password. */
function linesWithoutName(text: string): [number: number, shown: string][] {
  const withoutQuoted = text.replaceAll(/(?<==[ \t]*)(["'`])[^]*?\1/g, (value) => value.replaceAll(/[^\n]/g, '#'));
  return withoutQuoted.split('\n').flatMap((line, index) => {
    const shown = `${/\S+/.exec(line)?.[0].slice(0, 40)}…`;
    return FINE_LINE.test(line) ? [] : [[index + 1, shown] as [number, string]];
  });
}
