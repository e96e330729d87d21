import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where in a session the server answers: to the connection, to a command, or to the end of the message. */
export type SmtpStep = 'CONNECT' | 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'MESSAGE';

const TAKEN: Readonly<Record<SmtpStep, string>> = {
  CONNECT: '220 mail.test ESMTP',
  EHLO: '250 mail.test',
  AUTH: '235 2.7.0 welcome',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go on',
  MESSAGE: '250 2.0.0 taken',
};

/** A mail server on this machine that answers whatever it is told to, at any step; else it takes the mail. */
export class ScriptedMailServer {
  /** The answer of a step, over several lines where wanted; `drop` ends the connection instead. */
  answers: Partial<Record<SmtpStep, string>> = {};
  /** What EHLO offers. */
  extensions: readonly string[] = [];
  /** Every command that arrived, as it was sent. */
  readonly commands: string[] = [];
  readonly messages: string[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async open(): Promise<ScriptedMailServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedMailServer(server);
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The commands of one kind, such as `RCPT`. */
  sent(verb: string): string[] {
    return this.commands.filter((command) => command.startsWith(verb));
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let received = '';
    let isMessage = false;
    let hasRecipient = false;
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8');
      for (;;) {
        const end = received.indexOf(isMessage ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const line = received.slice(0, end);
        received = received.slice(end + (isMessage ? 5 : 2));
        if (isMessage) this.messages.push(line);
        else this.commands.push(line);
        const answer = isMessage ? this.#answer('MESSAGE') : this.#answerTo(line, hasRecipient);
        if (line.startsWith('RCPT')) hasRecipient = answer.startsWith('250');
        isMessage = answer.startsWith('354');
        this.#send(socket, answer);
      }
    });
    this.#send(socket, this.#answer('CONNECT'));
  }

  #answerTo(line: string, hasRecipient: boolean): string {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'DATA' && !hasRecipient) return '503 5.5.1 no valid recipients';
    if (verb === 'EHLO') return this.answers.EHLO ?? this.#greeting();
    if (verb in TAKEN) return this.#answer(verb as SmtpStep);
    return verb === 'QUIT' ? '221 2.0.0 bye' : '250 2.0.0 ok';
  }

  #greeting(): string {
    const lines = ['mail.test', ...this.extensions];
    return lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n');
  }

  #answer(step: SmtpStep): string {
    return this.answers[step] ?? TAKEN[step];
  }

  #send(socket: Socket, answer: string): void {
    if (answer === 'drop') socket.destroy();
    else if (socket.writable) socket.write(`${answer}\r\n`);
  }
}
