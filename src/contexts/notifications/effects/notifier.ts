import type { Email } from '../domain/email.js';
import type { UndeliverableReason } from '../domain/notification.js';

/** An email to one customer. The address is personal data: it goes to the notifier and nowhere else. */
export interface AddressedEmail extends Email {
  /** The same for every try. */
  readonly notificationId: string;
  readonly customerId: string;
  readonly email: string;
}

/** Mail for this address will never be taken. */
export class AddressRefused extends Error {
  constructor(
    readonly code: UndeliverableReason,
    message: string,
  ) {
    super(message);
  }
}

/** How emails are sent. */
export abstract class Notifier {
  abstract readonly via: 'log' | 'mail';

  /**
   * Sends the email. Once it returns, the other side has it, and recognises a repeat by the notification's id.
   *
   * @throws AddressRefused where another try can't help; anything else is tried again.
   */
  abstract send(email: AddressedEmail, signal: AbortSignal): Promise<void>;
}
