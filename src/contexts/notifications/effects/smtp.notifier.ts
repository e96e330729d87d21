import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { AddressRefused, Notifier, type AddressedLetter } from './notifier.js';

export interface MailServer {
  readonly url: string;
  /** Who letters come from. */
  readonly from: string;
}

/** As many as there are deliveries at once. */
const CONNECTIONS = 4;
/** All of them together stay below what a delivery may take, so that it hears of what hangs. */
const CONNECT_MS = 5_000;
const GREETING_MS = 5_000;
const SILENCE_MS = 8_000;

/**
 * Hands letters to a mail server. SMTP can't be asked what it has got: a letter whose answer is lost goes out again, under
 * the same Message-ID, by which mail programs and servers know it for the same.
 */
@Injectable()
export class SmtpNotifier extends Notifier implements OnApplicationShutdown {
  override readonly via = 'mail';
  readonly #transport: Transporter;
  readonly #from: string;

  constructor({ url, from }: MailServer) {
    super();
    this.#from = from;
    this.#transport = createTransport({
      url,
      pool: true,
      maxConnections: CONNECTIONS,
      connectionTimeout: CONNECT_MS,
      greetingTimeout: GREETING_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  override async send(letter: AddressedLetter): Promise<void> {
    const { notificationId, email, subject, text } = letter;
    try {
      await this.#transport.sendMail({
        from: this.#from,
        // Not as text, which would be parsed: an address can't become two.
        to: { name: '', address: email },
        subject,
        text,
        messageId: `<${notificationId}@${domainOf(this.#from)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      throw speechless(error);
    }
  }

  onApplicationShutdown(): void {
    this.#transport.close();
  }
}

function domainOf(address: string): string {
  return /@([^>]+)>?$/.exec(address)![1]!;
}

/** What the server said often has the address in it, and errors are kept: only the codes go on. */
function speechless(error: unknown): Error {
  const { code = 'an unknown fault', command, responseCode } = error as SmtpFault;
  const told = responseCode === undefined ? code : `${code} ${responseCode}`;
  const text = `The mail server could not be given the letter: ${told}${command === undefined ? '' : ` after ${command}`}.`;
  const isRefused = code === 'EENVELOPE' && responseCode !== undefined && responseCode >= 500;
  return isRefused ? new AddressRefused(text) : new Error(text);
}

interface SmtpFault {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}
