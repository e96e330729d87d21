import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { SMTPConnectionOptions } from 'nodemailer';
import { parseConnectionUrl } from 'nodemailer/lib/shared';
import { AddressRefused, Notifier, type AddressedEmail } from './notifier.js';
import { deliveryError } from './smtp-errors.js';
import { offersUtf8 } from './smtp-extensions.js';

export interface MailServer {
  readonly url: string;
  /** Who emails come from: an address, or a name with one in angle brackets. */
  readonly from: string;
}

interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** As many as there are deliveries at once. */
const CONNECTIONS = 4;
/** All of them together stay below what a delivery may take, so that a hanging connection ends as an error. */
const TIMEOUTS = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 8_000 };

/**
 * Sends emails to a mail server. SMTP can't be asked what it has got: an email whose answer is lost is sent again, under
 * the same Message-ID, by which mail programs and servers know it for the same.
 */
@Injectable()
export class SmtpNotifier extends Notifier implements OnApplicationShutdown {
  override readonly via = 'mail';
  readonly #server: SMTPConnectionOptions;
  readonly #transport: ReturnType<typeof pooled>;
  readonly #from: Mailbox;

  constructor({ url, from }: MailServer) {
    super();
    this.#server = { ...parseConnectionUrl(url), ...TIMEOUTS };
    this.#transport = pooled(this.#server);
    this.#from = mailboxOf(from);
  }

  override async send(message: AddressedEmail, signal: AbortSignal): Promise<void> {
    const { notificationId, email, subject, text } = message;
    try {
      if (needsUtf8(email)) await this.#requireUtf8();
      await this.#transport.sendMail({
        // Mailboxes are not given as text, which would be parsed: an address can't become two.
        from: this.#from,
        to: { name: '', address: email },
        subject,
        text,
        messageId: `<${notificationId}@${domainOf(this.#from.address)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal,
      });
    } catch (error) {
      throw error instanceof AddressRefused ? error : deliveryError(error);
    }
  }

  onApplicationShutdown(): void {
    this.#transport.close();
  }

  async #requireUtf8(): Promise<void> {
    if (await offersUtf8(this.#server)) return;
    throw new AddressRefused(
      'smtputf8-unsupported',
      'The mail server does not support non-ASCII characters before the @ of an address (SMTPUTF8).',
    );
  }
}

function pooled(server: SMTPConnectionOptions) {
  return createTransport({
    ...server,
    pool: true,
    maxConnections: CONNECTIONS,
    // Once, for a pooled connection that the server has closed meanwhile; any other retry is the effect's.
    maxRequeues: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function mailboxOf(from: string): Mailbox {
  const [, name = '', address = from] = /^"?(.*?)"?\s*<(.+)>$/.exec(from) ?? [];
  return { name, address };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

/** A domain of any script has an ASCII form; the part before the @ has none. */
function needsUtf8(address: string): boolean {
  return /[^\0-\x7f]/.test(address.slice(0, address.lastIndexOf('@')));
}
