import { Injectable, Logger } from '@nestjs/common';
import { Notifier, type AddressedEmail } from './notifier.js';

/** Without a mail server: writes to the log what would have been sent. Not to whom, because a log can't forget. */
@Injectable()
export class LogNotifier extends Notifier {
  override readonly via = 'log';
  readonly #logger = new Logger('Notifications');

  override async send({ notificationId, customerId, subject }: AddressedEmail): Promise<void> {
    this.#logger.log(
      `Not sent to customer ${customerId}: "${subject}" (${notificationId}). Set SMTP_URL to send email.`,
    );
  }
}
