import type { PlantedFault } from '../planted-fault.js';

const COMMIT = 'migrations/kernel/functions/commit.sql';
const PIPELINE = 'src/kernel/commands/command-pipeline.ts';
const IDEMPOTENCY = ['src/kernel/idempotency/idempotency.db.spec.ts'];
const once = 'A key takes effect once, and every repeat gets the first answer.';

const KEY_ROWS = `
  v_list := p_work->'keys';
  FOR i IN 0 .. jsonb_array_length(v_list) - 1 LOOP
    x := v_list->i;
    INSERT INTO kernel.idempotency
      (tenant, principal, operation, key, fingerprint, kind, command_id, outcome, body, last_stream, last_version)
    VALUES (x->>'tenant', x->>'principal', x->>'operation', x->>'key', x->>'fingerprint', x->>'kind',
      (x->>'commandId')::uuid, x->>'outcome', x->>'body', x->>'lastStream', (x->>'lastVersion')::bigint)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      IF i = 0 AND p_work ? 'returnsKnownKey' THEN
        stream_id := '';
        RETURN NEXT;
        RETURN;
      END IF;
      RAISE EXCEPTION 'idempotency key is known' USING ERRCODE = 'WB001';
    END IF;
  END LOOP;
`;

/** The command pipeline and kernel.commit. */
export const commands: readonly PlantedFault[] = [
  {
    name: 'guard-without-lock',
    guarantee:
      'A decision that rests on a guarded stream is committed only while that stream stands where it was read.',
    file: COMMIT,
    find: "t.version = (x->>'expected')::bigint FOR SHARE;",
    replace: "t.version = (x->>'expected')::bigint;",
    specs: ['src/kernel/commands/guarded-streams.db.spec.ts'],
  },
  {
    name: 'key-row-inserted-last',
    guarantee: 'The second of two requests with one key waits for the first one, before it locks or writes anything.',
    file: COMMIT,
    find: KEY_ROWS,
    replace: '',
    and: [
      {
        file: COMMIT,
        find: 'END $$;',
        replace: `${KEY_ROWS} END $$;`,
      },
    ],
    specs: IDEMPOTENCY,
  },
  {
    name: 'fingerprint-not-compared',
    guarantee: 'A key that comes with another request is refused.',
    file: PIPELINE,
    find: 'if (first.fingerprint !== key.fingerprint) throw new IdempotencyKeyReused();',
    replace: '',
    specs: IDEMPOTENCY,
  },
  {
    name: 'refusal-not-stored',
    guarantee: once,
    file: PIPELINE,
    find: 'return this.#refuse(of, error);',
    replace: 'throw error;',
    specs: IDEMPOTENCY,
  },
  {
    name: 'no-replay-mark-on-refusal',
    guarantee: 'A repeated answer says that it is one, also where it is a refusal.',
    file: PIPELINE,
    find: "context.outcome.replayed = key.kind !== 'kernel';",
    replace: "context.outcome.replayed = key.kind !== 'kernel' && stored.outcome !== 'refusal';",
    specs: IDEMPOTENCY,
  },
  {
    name: 'system-keys-forgotten',
    guarantee: "The system's own command ids are known for ever.",
    file: 'src/kernel/idempotency/idempotency.ts',
    find: "where: `kind <> 'system'`,",
    replace: '',
    specs: IDEMPOTENCY,
  },
  {
    name: 'no-stream-lock-from-the-third-try',
    guarantee: 'A command on a much-wanted stream succeeds in the end.',
    file: 'src/kernel/commands/unit-of-work.ts',
    find: 'this.locksStreams = from.attempt >= 3;',
    replace: 'this.locksStreams = from.attempt >= 300;',
    specs: ['src/kernel/commands/conflicts.db.spec.ts'],
  },
  {
    name: 'unknown-commit-forgotten',
    guarantee: 'A commit whose answer was lost is looked up by its key before the command is run again.',
    file: PIPELINE,
    find: "isUnknown ||= classify(fault).kind === 'outcome-unknown';",
    replace: '',
    specs: ['src/kernel/commands/unknown-commit.db.spec.ts'],
  },
  {
    name: 'acknowledged-before-commit',
    guarantee: 'A command that was answered survives the crash of any process.',
    file: PIPELINE,
    find: 'return commitWork(transaction.pool, plan.work, unit.commitWrites, unit.checkpoint);',
    replace: `{
      const later = () => commitWork(transaction.pool, plan.work, unit.commitWrites, unit.checkpoint).catch(() => undefined);
      setTimeout(later, 30);
      return [];
    }`,
    specs: ['src/kernel/commands/command-pipeline.db.spec.ts'],
  },
  {
    name: 'query-role-without-time-limit',
    guarantee: 'Every statement has an end, also on the server.',
    file: 'src/kernel/database/role-settings.ts',
    find: "if (purpose === 'query') return { ...limits, default_transaction_read_only: 'on' };",
    replace:
      "if (purpose === 'query') return { ...limits, statement_timeout: '0', default_transaction_read_only: 'on' };",
    specs: ['src/kernel/database/role-settings.spec.ts'],
  },
  {
    name: 'unit-not-sealed',
    guarantee: 'A change that comes while its command is being committed is refused, not lost.',
    file: 'src/kernel/commands/unit-of-work.ts',
    find: "this.#state = 'sealed';",
    replace: '',
    specs: ['src/kernel/commands/sealed-units.db.spec.ts'],
  },
  {
    name: 'guard-dropped-by-any',
    guarantee:
      'A decision that rests on a guarded stream holds that stream also where it appends to it whatever its version.',
    file: 'src/kernel/commands/commit-plan.ts',
    find: 'return guards.get(stream) ?? expected;',
    replace: 'void guards; void stream; return expected;',
    specs: ['src/kernel/commands/guarded-streams.db.spec.ts'],
  },
  {
    name: 'joined-key-ignored',
    guarantee: 'A key, tenant or principal of a joined command is refused, not ignored.',
    file: 'src/kernel/commands/unit-of-work.ts',
    find: 'assertSameSender(name, this.context);',
    replace: 'void assertSameSender;',
    specs: ['src/kernel/commands/joined-commands.db.spec.ts'],
  },
  {
    name: 'events-of-an-aggregate-by-command',
    guarantee: 'The events of an AggregateRoot are handled in the order in which it published them.',
    file: 'src/kernel/buses/durable-event-bus.ts',
    find: 'const stream = streamOf(dispatcher);',
    replace: 'const stream = streamOf(undefined);',
    specs: ['src/kernel/buses/native-events.db.spec.ts'],
  },
  {
    name: 'subclass-events-without-handlers',
    guarantee: 'An event of a subclass reaches the handlers of its base class.',
    file: 'src/kernel/subscriptions/event-handlers.ts',
    find: 'eventIdOf(type) === id',
    replace: 'eventIdOf(handled) !== id',
    specs: ['src/kernel/buses/native-events.db.spec.ts'],
  },
  {
    name: 'publishing-aside-in-any-order',
    guarantee: 'Events that an aggregate publishes outside commands keep their order, though nothing waits for them.',
    file: 'src/kernel/buses/durable-event-bus.ts',
    find: 'if (stream === undefined) return store();',
    replace: 'if (stream === undefined || stream !== undefined) return store();',
    specs: ['src/kernel/buses/native-events.db.spec.ts'],
  },
  {
    name: 'contention-of-any-database',
    guarantee: 'Only contention in the database of the kernel makes a command run again.',
    file: 'src/kernel/commands/command-pipeline.ts',
    find: 'if (!isOfOwnDatabase(error)) return false;',
    replace: 'isOfOwnDatabase(error);',
    specs: ['src/kernel/commands/conflicts.db.spec.ts'],
  },
];
