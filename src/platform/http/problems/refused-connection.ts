import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { problemResponse, type ProblemResponse } from './problem-details.js';
import './kernel-problems.js';

const CODE_OF_NODE: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload-too-large',
  HPE_PAUSED_H2_UPGRADE: 'http-version-not-supported',
};

/** Known to Node's parser, and by Node turned into tunnels before any route could answer. */
const ALLOWED = 'DELETE, GET, HEAD, PATCH, POST, PUT';

/** A verb that Node doesn't know, as opposed to bytes that are no HTTP at all. */
const VERB = /^[A-Za-z-]{1,32} /;

/** A version that Node doesn't know, as opposed to no version. */
const VERSION = /^[^\r\n]* HTTP\/(?!1\.[01])\d\.\d\r?\n/;

const MAX_REQUEST_LINE = 8_192;

/** What Node's `clientError` reports of bytes that it can't read. */
export interface ClientError extends NodeJS.ErrnoException {
  /** What came in one piece, from the start of the first request in it. */
  readonly rawPacket?: Buffer;
  /** Where in it Node stopped. */
  readonly bytesParsed?: number;
}

/** The problem with what never became a request. */
export function codeOfClientError({ code = '', rawPacket, bytesParsed = 0 }: ClientError): string {
  const line = rawPacket === undefined ? '' : lineAt(rawPacket, bytesParsed);
  if (code === 'HPE_INVALID_METHOD' && VERB.test(line)) return 'method-not-allowed';
  if (code === 'HPE_INVALID_VERSION' && VERSION.test(line)) return 'http-version-not-supported';
  return CODE_OF_NODE[code] ?? 'malformed-request';
}

function lineAt(packet: Buffer, offset: number): string {
  const start = packet.subarray(0, offset).lastIndexOf('\n') + 1;
  return packet.toString('latin1', start, start + MAX_REQUEST_LINE);
}

/** Answers a request that no handler is to see, after all earlier ones of its connection, and closes that. */
export function refuseRequest(response: ServerResponse, code: string, publicUrl: string): void {
  const { status, headers, body } = bareProblem(code, publicUrl);
  response.writeHead(status, headers).end(body);
}

/** A whole HTTP/1.1 response, for where there is only a socket. */
export function rawProblem(code: string, publicUrl: string): string {
  const { status, headers, body } = bareProblem(code, publicUrl);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

function bareProblem(code: string, publicUrl: string): ProblemResponse {
  const instanceId = randomUUID();
  const traceId = randomUUID().replaceAll('-', '');
  const { status, headers, body } = problemResponse({ code }, { publicUrl, instanceId, traceId });
  const all = {
    ...headers,
    ...(code === 'method-not-allowed' ? { allow: ALLOWED } : {}),
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': instanceId,
    connection: 'close',
  };
  return { status, headers: all, body };
}
