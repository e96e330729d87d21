import { basename, dirname } from 'node:path';
import { contexts, exists, expectNone, filesIn, pascalCase, productionFiles, read } from './source-tree.js';
import { declaredIn, usedNames, type Declared } from './syntax-tree.js';

const commandFiles = productionFiles('src/contexts').filter((path) => path.endsWith('.command.ts'));
const decorated = (path: string, decorator: string): Declared[] =>
  declaredIn(path).filter(({ decorations }) => decorations.some(({ name }) => name === decorator));

describe('a command', () => {
  it('is a *.command.ts file, and there are some', () => {
    expect(commandFiles.length).toBeGreaterThanOrEqual(3);
    expect(commandFiles).toContain('src/contexts/ordering/commands/place-order.command.ts');
  });

  it.each(commandFiles)('%s holds the handler and the command that its name says, and no other', (path) => {
    const subject = pascalCase(basename(path, '.command.ts'));
    const handlers = decorated(path, 'CommandHandler');
    const commands = declaredIn(path).filter(({ name }) => name.endsWith('Command'));
    const handled = handlers.flatMap(({ decorations }) =>
      decorations
        .filter(({ name }) => name === 'CommandHandler')
        .flatMap(({ args }) => args.map((arg) => arg.getText())),
    );

    expect(handlers.map(({ name }) => name)).toEqual([`${subject}Handler`]);
    expect(handled).toEqual([`${subject}Command`]);
    // A command that other contexts may send is declared in contracts/ and only handled here.
    expect(commands.map(({ name }) => name)).toEqual(commandOf(path, subject) === 'here' ? [`${subject}Command`] : []);
  });

  it.each(commandFiles)('%s has its spec beside it', (path) => {
    const name = `${dirname(path)}/${basename(path, '.command.ts')}`;
    const specs = ['.command.spec.ts', '.command.db.spec.ts', '.spec.ts', '.db.spec.ts'].map((suffix) => name + suffix);
    expectNone(specs.some(exists) ? [] : [path], `Write ${specs[0]}, or ${specs[1]} where it needs PostgreSQL.`);
  });

  it('that acts on an existing order checks access before anything is loaded or replayed', () => {
    const acting = commandFiles.filter((path) => /\bOrderAddress\b/.test(read(path)));
    expect(acting.length).toBeGreaterThanOrEqual(7);
    const unchecked = acting.filter((path) => decorated(path, 'CheckAccess').length === 0);
    expectNone(
      unchecked,
      'Put @CheckAccess(OrderAccess) on the handler: a stored answer is replayed without running it.',
    );
  });

  it('is handled nowhere else', () => {
    const elsewhere = productionFiles('src')
      .filter((path) => !path.endsWith('.command.ts'))
      .flatMap((path) => decorated(path, 'CommandHandler').map(({ name }) => `${path}: ${name}`));
    expectNone(elsewhere, 'Move the handler into a file named <command>.command.ts.');
  });
});

describe('a class that Nest must know', () => {
  const wired = ['CommandHandler', 'QueryHandler', 'Projection', 'Controller', 'EventsHandler', 'Injectable'];

  it.each(contexts())('of %s is named in its module', (context) => {
    const module = `src/contexts/${context}/${context}.module.ts`;
    expectNone(exists(module) ? [] : [module], 'Write the module of the context.');
    const known = usedNames(module);
    const classes = productionFiles(`src/contexts/${context}`).flatMap((path) =>
      wired.flatMap((kind) => decorated(path, kind)),
    );

    expect(classes.length).toBeGreaterThan(0);
    const unknown = classes.filter(({ name }) => !known.has(name)).map(({ path, name }) => `${path}: ${name}`);
    expectNone(unknown, `List it in ${module}.`);
  });
});

function commandOf(path: string, subject: string): 'here' | 'in contracts' {
  const contracts = filesIn(`${dirname(dirname(path))}/contracts`, '.ts');
  const isPublished = contracts.some((file) => declaredIn(file).some(({ name }) => name === `${subject}Command`));
  return isPublished ? 'in contracts' : 'here';
}

describe('a query handler', () => {
  const queryFiles = productionFiles('src/contexts').filter((path) => decorated(path, 'QueryHandler').length > 0);

  it('stands in queries/, whatever it reads', () => {
    expect(queryFiles.length).toBeGreaterThanOrEqual(10);
    const isInPlace = (path: string): boolean => /^src\/contexts\/[^/]+\/queries\/[\w-]+\.query\.ts$/.test(path);
    expectNone(
      queryFiles.filter((path) => !isInPlace(path)),
      'Move it to queries/<question>.query.ts.',
    );
  });
});
