import type { PlantedFault } from '../planted-fault.js';

const CONNECTIONS = 'src/platform/http/app/connection-limits.ts';
const CONNECTION_SPEC = ['src/platform/http/app/connection-limits.spec.ts'];
const alwaysUp = 'Nobody can stop the process by requests, and health probes are always answered.';
const forAll = 'Nobody can take all places.';
const limited = 'Nobody sends more requests than their rate limit allows.';

/** What one client can take of a process. */
export const requests: readonly PlantedFault[] = [
  {
    name: 'any-number-pipelined',
    guarantee: alwaysUp,
    file: CONNECTIONS,
    find: 'const isAdmitted = unanswered.size < this.settings.maxPipelined;',
    replace: 'const isAdmitted = true;',
    specs: CONNECTION_SPEC,
  },
  {
    name: 'unread-answer-kept',
    guarantee: alwaysUp,
    file: CONNECTIONS,
    find: 'else if (nowMs - connection.unread.sinceMs >= this.settings.responseTimeoutMs) socket.destroy();',
    replace: '',
    specs: CONNECTION_SPEC,
  },
  {
    name: 'no-connection-replaced',
    guarantee: alwaysUp,
    file: CONNECTIONS,
    find: 'this.#connections.size >= this.settings.maxConnections && !this.#closeOne()',
    replace: 'this.#connections.size >= this.settings.maxConnections',
    specs: CONNECTION_SPEC,
  },
  {
    name: 'served-connection-replaced',
    guarantee: 'A request that is being worked on is answered, however many connections come.',
    file: CONNECTIONS,
    find: 'if (connection.isWorkedOn) continue;',
    replace: '',
    specs: CONNECTION_SPEC,
  },
  {
    name: 'places-of-clients-that-hung-up',
    guarantee: forAll,
    file: CONNECTIONS,
    find: 'closeAll(connection.unanswered);',
    replace: '',
    specs: ['src/platform/http/app/request-places.spec.ts'],
  },
  {
    name: 'no-share-for-others',
    guarantee: forAll,
    file: 'src/kernel/database/places.ts',
    find: 'return (this.#of.get(caller) ?? 0) >= this.#share;',
    replace: 'return this.#of.get(caller) === -1;',
    specs: ['src/platform/http/request/admission.spec.ts', 'src/platform/http/app/request-places.spec.ts'],
  },
  {
    name: 'connections-without-shares',
    guarantee: forAll,
    file: 'src/kernel/database/fair-pool.ts',
    find: 'caller === undefined ? super.connect() : this.#connectFor(caller)',
    replace: 'caller === undefined || caller !== undefined ? super.connect() : this.#connectFor(caller)',
    specs: ['src/kernel/database/fair-pool.db.spec.ts'],
  },
  {
    name: 'rate-limit-only-told',
    guarantee: limited,
    file: 'src/platform/http/request/rate-limits.ts',
    find: 'if (retryAfterS > 0) throw rateLimited(retryAfterS);',
    replace: 'void rateLimited;',
    specs: ['src/platform/http/request/rate-limits.spec.ts'],
  },
  {
    name: 'refusals-not-counted',
    guarantee: limited,
    file: 'src/platform/http/app/request-authorization.ts',
    find: 'await this.rateLimits.countAddress(request, reply); throw error;',
    replace: 'throw error;',
    specs: ['src/platform/http/request/rate-limits.spec.ts'],
  },
  {
    name: 'other-transfer-coding-read',
    guarantee: 'A body is read as what it is, or not at all.',
    file: 'src/platform/http/app/request-authorization.ts',
    find: "if (coding.toLowerCase() !== 'chunked')",
    replace: "if (coding === '')",
    specs: ['src/platform/http/app/raw-socket.spec.ts'],
  },
  {
    name: 'side-rows-of-a-repeat',
    guarantee: 'A key takes effect once, and every repeat gets the first answer.',
    file: 'src/kernel/commands/commit-statement.ts',
    find: 'if (guard !== undefined) return given;',
    replace: "if (guard !== undefined || given !== '') return given;",
    specs: ['src/kernel/idempotency/quiet-replays.db.spec.ts'],
  },
  {
    name: 'shared-reads-in-the-turn-of-one',
    guarantee: forAll,
    file: 'src/kernel/messages/message-context.ts',
    find: 'return storage.run(new MessageContext(), work);',
    replace: 'return work();',
    specs: ['src/kernel/database/shared-reads.db.spec.ts'],
  },
  {
    name: 'one-admitted-for-each-place',
    guarantee: forAll,
    file: 'src/kernel/database/places.ts',
    find: 'waiting.admit(this.#admit(waiting.caller));',
    replace: 'return waiting.admit(this.#admit(waiting.caller));',
    specs: ['src/kernel/database/places.spec.ts'],
  },
];
