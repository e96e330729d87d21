import { AddressRefused } from './notifier.js';

/** What nodemailer reports of a failed delivery, as far as it matters here. */
interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
  readonly originalCode?: string;
}

/** The status of RFC 3463 behind the reply's code; qmail writes it as `(#5.1.1)` at the end. */
const ENHANCED_STATUS = /(?:^\d{3}[ -]|#)([245]\.\d{1,3}\.\d{1,3})\b/;
/**
 * The recipient's mailbox doesn't exist, or takes no mail for good. 5.1.0, 5.1.7 and 5.1.8 are missing on purpose: Postfix
 * answers RCPT TO with them where it refuses the sender.
 */
const MAILBOX_REFUSED = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.4', '5.1.6', '5.1.10', '5.2.1']);
/** Only these codes of RFC 5321 can refuse a mailbox. */
const MAILBOX_CODES = new Set([550, 551, 553]);
/** How servers without enhanced status codes report that a mailbox doesn't exist. */
const NO_SUCH_MAILBOX =
  /\b(?:no such|unknown|invalid|non-?existent) (?:user|recipient|mailbox|address|account)\b|\b(?:user|recipient|mailbox|address|account) (?:is )?(?:unknown|invalid|disabled|inactive|not found|does(?: not|n't) exist|not local)\b|\bno mailbox here\b/i;
/** What such a text is about where it is not the recipient's address. */
const ABOUT_OTHERS = /\b(?:sender|relay\w*|policy|authenticat\w*|spam|block\w*|blacklist\w*|reputation|client|host)\b/i;

/**
 * The error to pass on for a failed delivery. Only the refusal of the recipient's own address, in the answer to RCPT TO, is
 * final; a refused sender, relay, policy or content is the operator's to mend, so the mail is tried again.
 *
 * The server's text often repeats the address, and errors are stored and logged: only codes go into the message.
 */
export function deliveryError(error: unknown): Error {
  const { code = 'an unknown error', command, response = '', responseCode, originalCode } = error as SmtpError;
  const codes = [originalCode ?? code, responseCode, ENHANCED_STATUS.exec(response)?.[1]].filter(Boolean).join(' ');
  const text = `The mail server rejected the email: ${codes}${command === undefined ? '' : ` after ${command}`}.`;
  return refusesMailbox(error as SmtpError) ? new AddressRefused('address-refused', text) : new Error(text);
}

function refusesMailbox({ command, response = '', responseCode = 0 }: SmtpError): boolean {
  if (command !== 'RCPT TO' || responseCode < 500) return false;
  const status = ENHANCED_STATUS.exec(response)?.[1];
  if (status !== undefined) return MAILBOX_REFUSED.has(status);
  const text = response.replaceAll(/<[^>]*>/g, '');
  return MAILBOX_CODES.has(responseCode) && NO_SUCH_MAILBOX.test(text) && !ABOUT_OTHERS.test(text);
}
