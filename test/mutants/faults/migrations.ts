import type { PlantedFault } from '../planted-fault.js';

const FUNCTIONS = 'src/kernel/migrations/functions.ts';
const SPEC = ['src/kernel/migrations/functions.db.spec.ts'];

/** What keeps two releases, or a process that dies, from leaving functions of the database that don't fit. */
export const migrations: readonly PlantedFault[] = [
  {
    name: 'older-function-put-back',
    guarantee: 'A process of an older release leaves the functions of a newer one as they are.',
    file: FUNCTIONS,
    find: 'version > (applied.get(name)?.version ?? 0)',
    replace: 'version !== (applied.get(name)?.version ?? 0)',
    specs: SPEC,
  },
  {
    name: 'two-texts-of-one-version',
    guarantee: 'Two releases with different texts of a function under one version never replace each other’s.',
    file: FUNCTIONS,
    find: 'if (changed !== undefined) throw sameVersion(changed);',
    replace: 'if (changed?.version === -1) throw sameVersion(changed);',
    specs: SPEC,
  },
  {
    name: 'functions-replaced-one-by-one',
    guarantee: 'A start that fails or dies leaves all functions as they were.',
    file: FUNCTIONS,
    find: 'for (const { name, text } of functions) await client.query(text)',
    replace: 'for (const { name, text } of functions) await client.query(`${text}; COMMIT; BEGIN`)',
    specs: SPEC,
  },
  {
    name: 'function-bodies-not-checked',
    guarantee: 'A function that can not work stops the start, and not the first command.',
    file: FUNCTIONS,
    find: "for (const checksBodies of ['off', 'on'])",
    replace: "for (const checksBodies of ['off'])",
    specs: SPEC,
  },
  {
    name: 'ready-without-functions',
    guarantee: 'A process gets no requests while the database has older functions than it needs.',
    file: 'src/platform/operations/readiness.ts',
    find: '(await functionMismatch(client, functions)) ??',
    replace: '(functions.length < 0 ? await functionMismatch(client, functions) : undefined) ??',
    specs: ['test/e2e/health.e2e-spec.ts'],
  },
];
