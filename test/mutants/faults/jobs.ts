import type { PlantedFault } from '../planted-fault.js';

const FUNCTIONS = 'migrations/kernel/functions';
const LANE = 'src/kernel/effects/effect-queue.ts';
const EFFECTS = ['src/kernel/effects/effects.db.spec.ts'];
const CLAIMS = ['src/kernel/effects/effect-claims.db.spec.ts'];
const COMMAND_CLAIM = 'AND (q.claimed_until IS NULL OR q.claimed_until <= clock_timestamp())';

/** Outbound calls and stored commands. */
export const jobs: readonly PlantedFault[] = [
  {
    name: 'effect-claimed-by-several',
    guarantee: 'An outbound call is made by one worker at a time.',
    file: 'src/kernel/effects/sql/claim-effects.ts',
    find: 'LIMIT $2 FOR UPDATE SKIP LOCKED))',
    replace: 'LIMIT $2))',
    specs: ['src/kernel/effects/effect-claims.db.spec.ts'],
  },
  {
    name: 'late-failure-recorded',
    guarantee: 'A worker whose claim was taken over records no failure.',
    file: 'src/kernel/effects/sql/end-effect.ts',
    find: "WHERE id = $1 AND attempts = $2 AND state = 'running'",
    replace: "WHERE id = $1 AND $2::int IS NOT NULL AND state <> 'done'",
    specs: EFFECTS,
  },
  {
    name: 'effect-done-before-the-call',
    guarantee: 'An outbound call that was intended is made at least once.',
    file: LANE,
    find: 'const result = this.#storedAnswer(effect, await this.#call(effect));',
    replace: `await endEffect(this.pools.worker, effect.id, null);
      const result = this.#storedAnswer(effect, await this.#call(effect));`,
    specs: EFFECTS,
  },
  {
    name: 'effect-claim-without-time-to-record',
    guarantee: 'Nobody repeats an outbound call whose result is still being recorded.',
    file: LANE,
    find: 'claimMs: timeoutMs + RECORD_MS,',
    replace: 'claimMs: timeoutMs,',
    specs: CLAIMS,
  },
  {
    name: 'retry-pause-without-cap',
    guarantee: 'An outbound call is tried again within the longest pause that its kind allows.',
    file: LANE,
    find: 'return Math.random() * Math.min(retryCapMs, retryFirstMs * 2 ** attempts);',
    replace: 'return Math.random() * Math.max(retryCapMs, retryFirstMs * 2 ** attempts);',
    specs: CLAIMS,
  },
  {
    name: 'live-command-claim-ignored',
    guarantee: 'The handler of a stored command runs in one worker at a time.',
    file: `${FUNCTIONS}/claim_commands.sql`,
    find: COMMAND_CLAIM,
    replace: '',
    specs: ['src/kernel/outgoing/command-claims.db.spec.ts'],
  },
  {
    name: 'command-claim-never-ends',
    guarantee: 'A stored command whose worker died is executed by another one.',
    file: `${FUNCTIONS}/claim_commands.sql`,
    find: COMMAND_CLAIM,
    replace: 'AND q.claimed_until IS NULL',
    specs: ['src/kernel/outgoing/command-claims.db.spec.ts'],
  },
  {
    name: 'cancelled-command-keeps-its-content',
    guarantee: 'The content of a stored command, which may be personal, is erased with its end.',
    file: `${FUNCTIONS}/outgoing_command_changed.sql`,
    find: "IF NEW.state IN ('succeeded', 'refused', 'cancelled') THEN",
    replace: "IF NEW.state IN ('succeeded', 'refused') THEN",
    specs: ['src/kernel/outgoing/accepted-commands.db.spec.ts'],
  },
  {
    name: 'stop-without-limit',
    guarantee: 'A stop ends within its limits, whatever is under way.',
    file: 'src/platform/operations/graceful-stop.ts',
    find: 'const backgroundEnded = await atMost(shutdown.batchesMs, stopped);',
    replace: 'await stopped; const backgroundEnded = true;',
    specs: ['test/e2e/shutdown-limits.e2e-spec.ts'],
  },
  {
    name: 'stop-without-cutting-connections',
    guarantee: 'What exceeds the limits of a stop is rolled back.',
    file: 'src/platform/operations/graceful-stop.ts',
    find: 'if (!requestsEnded || !backgroundEnded) running.app.get(Pools, { strict: false }).cut();',
    replace: 'void requestsEnded;',
    specs: ['test/e2e/shutdown-limits.e2e-spec.ts'],
  },
  {
    name: 'neighbour-of-a-command-is-the-database',
    guarantee: 'Every try of a stored command that fails counts, unless the database itself is away.',
    file: 'src/kernel/outgoing/outgoing-worker.ts',
    find: "classify(error).kind === 'unavailable' && !(isOfSomeLink(error) && (await this.pools.answers()));",
    replace: "classify(error).kind === 'unavailable';",
    specs: ['src/kernel/outgoing/odd-commands.db.spec.ts'],
  },
  {
    name: 'command-that-rejects-with-nothing-is-done',
    guarantee: 'Every try of a stored command that fails counts, unless the database itself is away.',
    file: 'src/kernel/outgoing/outgoing-worker.ts',
    find: "if (state === 'refused') throw error;",
    replace: 'if (error !== undefined) throw error;',
    specs: ['src/kernel/outgoing/odd-commands.db.spec.ts'],
  },
  {
    name: 'refused-sender-is-a-refused-address',
    guarantee: 'Only the refusal of the recipient’s own address ends a notification without a mail.',
    file: 'src/contexts/notifications/effects/smtp-errors.ts',
    find: "if (command !== 'RCPT TO' || responseCode < 500) return false;",
    replace: 'if (responseCode < 500) return false;',
    specs: ['src/contexts/notifications/effects/smtp.notifier.spec.ts'],
  },
  {
    name: 'any-status-refuses-the-mailbox',
    guarantee: 'Only the refusal of the recipient’s own address ends a notification without a mail.',
    file: 'src/contexts/notifications/effects/smtp-errors.ts',
    find: 'if (status !== undefined) return MAILBOX_REFUSED.has(status);',
    replace: 'if (status !== undefined) return true;',
    specs: ['src/contexts/notifications/effects/smtp.notifier.spec.ts'],
  },
  {
    name: 'utf8-address-to-any-server',
    guarantee: 'An address beyond ASCII goes to mail servers alone that take it.',
    file: 'src/contexts/notifications/effects/smtp.notifier.ts',
    find: 'if (await offersUtf8(this.#server)) return;',
    replace: 'if (this.#server !== undefined) return;',
    specs: ['src/contexts/notifications/effects/smtp.notifier.spec.ts'],
  },
];
