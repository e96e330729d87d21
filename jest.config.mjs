/**
 * The file's suffix is its speed class: pure needs nothing, db a PostgreSQL, interleaving every order of statements, e2e a
 * whole server, security one that is attacked, durability real kills.
 */
const shared = {
  // Not the whole checkout: .data holds a thousand files of the database.
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
};

/** Specs that need PostgreSQL share one server per run. */
const withDatabase = {
  ...shared,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

export default {
  // A limit on what hangs, not on what is slow: machines are shared, and a spec waits for facts.
  testTimeout: 30_000,
  // Each file's modules stay in memory (jest with vm modules): a worker that grew is replaced before it only collects.
  workerIdleMemoryLimit: '600MB',
  projects: [
    {
      ...shared,
      displayName: 'pure',
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/{architecture,mutants}/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.db\\.spec\\.ts$'],
    },
    { ...withDatabase, displayName: 'db', testMatch: ['<rootDir>/src/**/*.db.spec.ts'] },
    { ...withDatabase, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'] },
    { ...withDatabase, displayName: 'security', testMatch: ['<rootDir>/test/security/**/*.security-spec.ts'] },
    { ...withDatabase, displayName: 'durability', testMatch: ['<rootDir>/test/durability/**/*.durability-spec.ts'] },
    {
      ...withDatabase,
      displayName: 'interleavings',
      testMatch: ['<rootDir>/test/interleavings/**/*.interleaving-spec.ts'],
    },
    { ...withDatabase, displayName: 'pgbouncer', testMatch: ['<rootDir>/test/pgbouncer/**/*.pgbouncer-spec.ts'] },
  ],
};
