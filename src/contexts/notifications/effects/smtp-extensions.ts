import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';

/**
 * Whether a mail server accepts addresses with characters beyond ASCII before the @ (RFC 6531). Asked on a connection of its
 * own: nodemailer's pool doesn't report it, and sends such an address as it is where the server never offered to accept it.
 *
 * @throws what nodemailer reports when the server can't be asked.
 */
export function offersUtf8(server: SMTPConnectionOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = new SMTPConnection(server);
    connection.once('error', reject);
    connection.once('end', () => reject(new Error('The mail server closed the connection.')));
    connection.connect((error) => {
      if (error) return reject(error);
      // Right after the connection is set up, this is the answer to EHLO.
      resolve(/^250[ -]SMTPUTF8\b/im.test(connection.lastServerResponse || ''));
      connection.quit();
    });
  });
}
