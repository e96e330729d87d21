import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { definitionOf, loadedEventDefinitions, type EventDefinition, type StoredData } from '#kernel/domain';
import { EventRegistry } from '../../src/kernel/messages/event-registry.js';
import { exists, expectNone, filesIn, productionFiles, read, root } from './source-tree.js';
import { declaredIn, textAt, textOf, type Declared } from './syntax-tree.js';

/** Every name that ever was a checkpoint or a stored event, effect or command, one a line. Lines are added, never changed or taken away. */
const PERMANENT_NAMES = 'test/architecture/permanent-names.txt';
const FIXTURES = 'test/fixtures/events';

const declared = productionFiles('src').flatMap(declaredIn);
const carrying = (decorator: string): { type: Declared; args: Declared['decorations'][number]['args'] }[] =>
  declared.flatMap((type) =>
    type.decorations.filter(({ name }) => name === decorator).map(({ args }) => ({ type, args })),
  );

const events = carrying('DurableEvent').map(({ type, args }) => ({
  type,
  name: textOf(args[0]) ?? '(not written out)',
  version: Number(textOf(args[1])),
}));
const projections = carrying('Projection').map(({ args }) => textAt(args[0], 'name') ?? '(not written out)');
const effects = carrying('EffectHandler').map(({ args }) => textOf(args[0]) ?? '(not written out)');
const commands = carrying('DurableCommand').map(({ args }) => textOf(args[0]) ?? '(not written out)');
const subscriptions = carrying('Subscription').map(({ args }) => textOf(args[0]) ?? '(not written out)');

describe('the name of an event', () => {
  it('is written out, with a version, for every event there is', () => {
    expect(events.length).toBeGreaterThanOrEqual(8);
    expect(events.filter(({ name, version }) => !/^[a-z-]+\.[a-z-]+$/.test(name) || !(version >= 1))).toEqual([]);
  });

  it('begins with the context that owns the event, or the kernel', () => {
    const homeOf = (owner: string): string => (owner === 'kernel' ? 'src/kernel/' : `src/contexts/${owner}/`);
    const strays = events.filter(({ type, name }) => !type.path.startsWith(homeOf(name.split('.')[0]!)));
    expectNone(
      strays.map(({ type, name }) => `${type.path}: ${name}`),
      'Name it <context>.<event-in-kebab> after the context it lies in.',
    );
  });

  it('belongs to one class', () => {
    expectNone(twice(events.map(({ name }) => name)), 'Give one of the two events another name.');
  });
});

describe('a permanent name', () => {
  const used = [
    ...events.map(({ name }) => `event ${name}`),
    ...projections.map((name) => `projection ${name}`),
    ...subscriptions.map((name) => `subscription ${name}`),
    ...effects.map((name) => `effect ${name}`),
    ...commands.map((name) => `command ${name}`),
  ].toSorted();
  const listed = read(PERMANENT_NAMES)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it(`is written down in ${PERMANENT_NAMES} once it exists`, () => {
    expectNone(
      used.filter((name) => !listed.includes(name)),
      `Append these lines to ${PERMANENT_NAMES}.`,
    );
  });

  it('is never taken away: the log and the checkpoints still say it', () => {
    expectNone(
      listed.filter((name) => !used.includes(name)),
      'Bring the class back, with its old name: stored events and checkpoints need it.',
    );
  });

  it('is the name of one thing', () => {
    expectNone(
      [...twice(listed), ...twice(used)],
      'Two things with one name share one checkpoint: rename the newer one.',
    );
  });
});

describe('a stored example of an event', () => {
  let registry: EventRegistry;
  let definitions: readonly EventDefinition[];

  beforeAll(async () => {
    const files = [...new Set(events.map(({ type }) => type.path))];
    await Promise.all(files.map((path) => import(pathToFileURL(join(root, path)).href)));
    definitions = loadedEventDefinitions();
    registry = new EventRegistry(definitions);
  });

  it('stands for an event that the code still knows', () => {
    expect(definitions.map(({ name }) => name).toSorted()).toEqual(events.map(({ name }) => name).toSorted());
    const known = new Set(
      events.flatMap(({ name, version }) => versionsUpTo(version).map((v) => `${name}.v${v}.json`)),
    );
    expectNone(
      filesIn(FIXTURES).filter((path) => !known.has(basename(path))),
      'The log may hold such events: keep the class, its version and its upcasters.',
    );
  });

  it.each(events.flatMap(({ type, name, version }) => versionsUpTo(version).map((v) => ({ type, name, v }))))(
    '$name version $v lies in test/fixtures/events and becomes the event of today',
    ({ type, name, v }) => {
      const fixture = `${FIXTURES}/${name}.v${v}.json`;
      expectNone(exists(fixture) ? [] : [fixture], 'Store one example of the event as it lies in the log.');
      const stored = JSON.parse(read(fixture)) as StoredData;
      const event = registry.revive(name, v, stored);

      expect(definitionOf(event)?.name).toBe(name);
      expect(event.constructor.name).toBe(type.name);
      const fields = type.fields.filter(({ isOptional }) => !isOptional).map((field) => field.name);
      expect(Object.keys(event)).toEqual(expect.arrayContaining(fields));
      const all = type.fields.map((field) => field.name);
      expect(Object.keys(event).filter((key) => !all.includes(key))).toEqual([]);
    },
  );
});

function versionsUpTo(version: number): number[] {
  return Array.from({ length: version }, (_, index) => index + 1);
}

function twice(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
