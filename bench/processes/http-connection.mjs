import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);

/**
 * One keep-alive connection that has one request under way at a time. Lean on purpose: the load shares two cores with
 * what it measures. It reads what our servers send: a Content-Length on every answer.
 */
export class HttpConnection {
  #socket;
  #read = EMPTY;
  #pending;

  static async open(port) {
    const connection = new HttpConnection();
    await connection.#connect(port);
    return connection;
  }

  /** Sends a whole request. @returns its status; the body too if it is wanted or the status is none of success */
  request(bytes, wantsBody = false) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, wantsBody };
      this.#socket.write(bytes);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #connect(port) {
    return new Promise((resolve, reject) => {
      this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
      this.#socket.once('connect', resolve);
      this.#socket.on('data', (chunk) => this.#receive(chunk));
      this.#socket.on('error', (error) => {
        reject(error);
        this.#pending?.reject(error);
      });
      this.#socket.on('close', () => this.#pending?.reject(new Error('The server closed the connection.')));
    });
  }

  #receive(chunk) {
    this.#read = this.#read.length === 0 ? chunk : Buffer.concat([this.#read, chunk]);
    const headEnd = this.#read.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#read.latin1Slice(0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length === null) throw new Error(`An answer without Content-Length:\n${head}`);
    const end = headEnd + HEAD_END.length + Number(length[1]);
    if (this.#read.length < end) return;
    const status = Number(head.slice(9, 12));
    const { resolve, wantsBody } = this.#pending;
    this.#pending = undefined;
    const body = wantsBody || status >= 300 ? this.#read.toString('utf8', headEnd + HEAD_END.length, end) : undefined;
    this.#read = this.#read.subarray(end);
    resolve({ status, body });
  }
}

/** The bytes of a request. */
export function requestBytes({ method, path, headers = {}, body }) {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}
