import type { Answer } from './target.js';

const MAX_ERRORS = 20;
/** Nothing of the insides: stack traces, SQL, files, addresses of servers. */
const INSIDES = [
  /\bat .+\.(js|ts):\d+/,
  /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.+\b(FROM|VALUES|SET|WHERE)\b/,
  /\bkernel\.\w+/,
  /node_modules|postgres(ql)?:\/\/|\/src\/|\/dist\//,
];

/** What is wrong with an answer, whatever was asked; empty: nothing. */
export function wrongIn(answer: Answer, registered: ReadonlyMap<string, number>): string[] {
  const { status, headers, text } = answer;
  const found: string[] = [];
  if (status >= 500) found.push(`${status}`);
  if (headers['x-content-type-options'] !== 'nosniff') found.push('no nosniff');
  if (status >= 400) found.push(...wrongInProblem(answer, registered));
  else if (status !== 204 && status !== 304 && text !== '' && headers['content-type'] === undefined)
    found.push('no type');
  return found;
}

function wrongInProblem({ status, headers, text, body }: Answer, registered: ReadonlyMap<string, number>): string[] {
  const found: string[] = [];
  if (headers['content-type'] !== 'application/problem+json') found.push(`type ${headers['content-type']}`);
  const { code, errors } = body;
  if (registered.get(String(code)) !== status) found.push(`code ${String(code)} with ${status}`);
  for (const member of ['type', 'title', 'detail', 'instance', 'retryable'])
    if (body[member] === undefined) found.push(`no ${member}`);
  if (Array.isArray(errors) && errors.length > MAX_ERRORS) found.push(`${errors.length} errors`);
  for (const pattern of INSIDES) if (pattern.test(text)) found.push(`shows ${pattern.exec(text)![0]}`);
  return found;
}

/** What tells two answers apart, but for what differs in any two and for the names in the path that was asked for. */
export function visible({ status, headers, body }: Answer, path: string): string {
  const { instance: _, traceId: __, ...rest } = body;
  const always = new Set(['date', 'x-request-id', 'traceparent', 'content-length']);
  const shown = Object.entries(headers).filter(([name]) => !always.has(name));
  const names = path.split('/').filter(Boolean).map(decodeURIComponent);
  return names.reduce((text, name) => text.replaceAll(name, '<name>'), JSON.stringify([status, shown, rest]));
}
