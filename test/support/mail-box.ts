import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** A mail as the server got it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, as they went over the line. */
  readonly source: string;
}

/** A mail server on this machine that keeps what it gets. */
export class MailBox {
  readonly mails: ReceivedMail[] = [];
  /** Addresses that it knows nobody by: refused for good. */
  readonly unknown = new Set<string>();
  /** Whether it refuses whoever the mails come from. */
  refusesSender = false;
  /** How many mails it turns down for now, before it takes one. */
  busyFor = 0;
  readonly #server: SMTPServer;

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onMailFrom: (_address, _session, done) =>
        done(this.refusesSender ? answer(550, '5.7.60 Client does not have permissions to send as this sender') : null),
      onRcptTo: ({ address }, _session, done) =>
        done(this.unknown.has(address) ? answer(550, `<${address}>: no such user`) : null),
      onData: (stream, session, done) => void text(stream).then((source) => done(this.#take(source, session))),
    });
  }

  static async open(): Promise<MailBox> {
    const box = new MailBox();
    await new Promise<void>((resolve) => box.#server.listen(0, '127.0.0.1', resolve));
    return box;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  mailsTo(address: string): ReceivedMail[] {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #take(source: string, { envelope }: SMTPServerSession): Error | null {
    if (this.busyFor > 0) {
      this.busyFor -= 1;
      return answer(451, 'try again later');
    }
    const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    this.mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), source });
    return null;
  }
}

function answer(responseCode: number, said: string): Error {
  return Object.assign(new Error(said), { responseCode });
}
