import { ScriptedMailServer, type SmtpStep } from '../../../../test/support/scripted-mail-server.js';
import { AddressRefused } from './notifier.js';
import { SmtpNotifier } from './smtp.notifier.js';

const message = {
  notificationId: '0198c0de-0000-7000-8000-000000000001',
  customerId: 'ada',
  subject: 'Order SO-1001 confirmed',
  text: 'Hello Ada L.\n',
};

let server: ScriptedMailServer;
let notifier: SmtpNotifier;
beforeEach(async () => {
  server = await ScriptedMailServer.open();
  notifier = new SmtpNotifier({ url: server.url, from: 'Waybill <orders@shop.example>' });
});
afterEach(async () => {
  notifier.onApplicationShutdown();
  await server.close();
});

/** What became of a mail to that address. */
async function outcome(email = 'ada@example.org'): Promise<string> {
  try {
    await notifier.send({ ...message, email }, new AbortController().signal);
    return 'sent';
  } catch (error) {
    expect((error as Error).message).not.toContain(email);
    return error instanceof AddressRefused ? error.code : 'tried again';
  }
}

describe('an answer of the mail server', () => {
  it.each([
    '550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown in local recipient table',
    '550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1 Try double-checking.',
    '553 5.1.2 We do not relay for that domain, it does not exist',
    '501 5.1.3 Bad recipient address syntax',
    '551 5.1.6 The mailbox has moved',
    '556 5.1.10 The domain takes no mail (null MX)',
    '550 5.2.1 The mailbox is disabled',
    '550 <ada@example.org>: no such user',
    '550 Requested action not taken: mailbox not found',
    '553 sorry, no mailbox here by that name (#5.1.1)',
    '551 User not local',
  ])('"%s" to RCPT TO is final', async (answer) => {
    server.answers = { RCPT: answer };
    expect(await outcome()).toBe('address-refused');
  });

  it.each<[SmtpStep, string]>([
    ['CONNECT', '554 5.7.1 Your address is on a block list'],
    ['CONNECT', '421 4.3.2 Too many connections'],
    ['CONNECT', 'drop'],
    ['EHLO', '421 4.7.0 Come back later'],
    ['EHLO', 'drop'],
    ['MAIL', '550 5.7.60 Client does not have permissions to send as this sender'],
    ['MAIL', '550 5.1.8 Sender address rejected: Domain not found'],
    ['MAIL', '553 5.1.1 Sender address rejected: no such user'],
    ['MAIL', '552 5.3.4 Message too big'],
    ['MAIL', '530 5.7.0 Authentication required'],
    ['MAIL', 'drop'],
    ['RCPT', '554 5.7.1 <ada@example.org>: Relay access denied'],
    ['RCPT', '550 5.7.1 Unable to relay'],
    ['RCPT', '550 5.1.8 <orders@shop.example>: Sender address rejected: Domain not found'],
    ['RCPT', '550 5.1.0 <orders@shop.example>: Sender address rejected: User unknown in local recipient table'],
    ['RCPT', '550 Sender address rejected: User unknown'],
    ['RCPT', '550 Relaying denied for unknown user'],
    ['RCPT', '550 Requested action not taken: mailbox unavailable'],
    ['RCPT', '550 5.4.4 Unable to route'],
    ['RCPT', '552 5.2.2 Mailbox full'],
    ['RCPT', '452 4.2.2 Mailbox full'],
    ['RCPT', '450 4.2.0 Greylisted, try again in 5 minutes'],
    ['RCPT', '451 4.1.1 Recipient can not be verified'],
    ['RCPT', '503 5.5.1 Bad sequence of commands'],
    ['RCPT', 'drop'],
    ['DATA', '554 5.5.1 No valid recipients'],
    ['DATA', '550 5.1.1 User unknown'],
    ['DATA', 'drop'],
    ['MESSAGE', '554 5.7.1 Looks like spam'],
    ['MESSAGE', '550 5.1.1 User unknown'],
    ['MESSAGE', '552 5.3.4 Message too big'],
    ['MESSAGE', '451 4.3.0 Try again later'],
    ['MESSAGE', 'drop'],
  ])('at %s "%s" lets the mail be tried again', async (step, answer) => {
    server.answers = { [step]: answer };
    expect(await outcome()).toBe('tried again');
    server.answers = {};
    expect(await outcome()).toBe('sent');
  });

  it.each<[SmtpStep, string]>([
    ['RCPT', '550 5.7.1 Unable to relay'],
    ['MESSAGE', '554 5.7.1 Looks like spam'],
  ])('at %s "%s" is the same with pipelining', async (step, answer) => {
    server.extensions = ['PIPELINING', 'ENHANCEDSTATUSCODES'];
    server.answers = { [step]: answer };
    expect(await outcome()).toBe('tried again');
    server.answers = { RCPT: '550 5.1.1 User unknown' };
    expect(await outcome()).toBe('address-refused');
  });

  it('lets the mail be tried again where the password is refused', async () => {
    const { host } = new URL(server.url);
    const withPassword = new SmtpNotifier({ url: `smtp://shop:s3cret@${host}`, from: 'orders@shop.example' });
    server.extensions = ['AUTH PLAIN'];
    server.answers = { AUTH: '535 5.7.8 Authentication credentials invalid' };
    const sending = withPassword.send({ ...message, email: 'ada@example.org' }, new AbortController().signal);
    await expect(sending).rejects.toThrow('The mail server rejected the email: EAUTH 535 5.7.8 after AUTH PLAIN.');
    await expect(sending).rejects.not.toBeInstanceOf(AddressRefused);
    withPassword.onApplicationShutdown();
  });

  it('is passed on as codes, without the text', async () => {
    server.answers = { MAIL: '550 5.7.60 ada@example.org may not be written to' };
    const sending = notifier.send({ ...message, email: 'ada@example.org' }, new AbortController().signal);
    await expect(sending).rejects.toThrow('The mail server rejected the email: EENVELOPE 550 5.7.60 after MAIL FROM.');
  });
});

describe('an address', () => {
  it('with characters beyond ASCII before the @ is sent with SMTPUTF8', async () => {
    server.extensions = ['8BITMIME', 'SMTPUTF8'];
    expect(await outcome('josé@bücher.example')).toBe('sent');
    expect(server.sent('MAIL')).toEqual([expect.stringMatching(/^MAIL FROM:<orders@shop\.example> .*SMTPUTF8/)]);
    expect(server.sent('RCPT')).toEqual([expect.stringContaining('RCPT TO:<josé@')]);
  });

  it('with characters beyond ASCII before the @ is refused where the server has no SMTPUTF8', async () => {
    server.extensions = ['8BITMIME', 'PIPELINING'];
    expect(await outcome('josé@example.com')).toBe('smtputf8-unsupported');
    expect(server.sent('MAIL')).toEqual([]);
  });

  it('with characters beyond ASCII before the @ is tried again while the server is away', async () => {
    server.answers = { CONNECT: '421 4.3.2 Not now' };
    expect(await outcome('josé@example.com')).toBe('tried again');
    server.answers = { CONNECT: 'drop' };
    expect(await outcome('josé@example.com')).toBe('tried again');
  });

  it('with such characters behind the @ alone is sent in its ASCII form to any server', async () => {
    expect(await outcome('ada@bücher.example')).toBe('sent');
    expect(server.sent('MAIL')).toEqual(['MAIL FROM:<orders@shop.example>']);
    expect(server.sent('RCPT')).toEqual(['RCPT TO:<ada@xn--bcher-kva.example>']);
  });

  it.each(["o'hara+shop@example.org", 'a.b-c_d@example.org', '{ada}/x=y|z@example.org', 'Ada@Example.org'])(
    '%s is sent as it is',
    async (email) => {
      expect(await outcome(email)).toBe('sent');
      expect(server.sent('RCPT')).toEqual([`RCPT TO:<${email.replace('@Example', '@example')}>`]);
    },
  );
});

describe('the sender', () => {
  it.each([
    ['orders@shop.example', 'From: orders@shop.example'],
    ['Waybill <orders@shop.example>', 'From: Waybill <orders@shop.example>'],
    ['Acme, Inc <orders@shop.example>', 'From: "Acme, Inc" <orders@shop.example>'],
    ['"Acme, Inc" <orders@shop.example>', 'From: "Acme, Inc" <orders@shop.example>'],
  ])('%s is one mailbox', async (from, header) => {
    const other = new SmtpNotifier({ url: server.url, from });
    await other.send({ ...message, email: 'ada@example.org' }, new AbortController().signal);
    other.onApplicationShutdown();
    expect(server.sent('MAIL')).toEqual(['MAIL FROM:<orders@shop.example>']);
    expect(server.messages[0]!.split('\r\n')).toContain(header);
  });
});
