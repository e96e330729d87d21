import { forEachInFlight } from './in-flight.js';

async function* streamOf<T>(...items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** Work that ends when it is told to. */
class Workshop {
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  readonly #ends = new Map<string, (error?: Error) => void>();

  readonly work = (item: string): Promise<void> => {
    this.begun.push(item);
    return new Promise<void>((resolve, reject) => {
      this.#ends.set(item, (error) => (error ? reject(error) : resolve()));
    }).finally(() => this.ended.push(item));
  };

  async end(item: string, error?: Error): Promise<void> {
    this.#ends.get(item)!(error);
    await breath();
  }
}

/** Lets every promise that can go on go on. */
const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const keyOf = (item: string): string => item[0]!;
const never = new AbortController().signal;

it('works on so many at once, and takes the next when there is room', async () => {
  const shop = new Workshop();
  const all = forEachInFlight(streamOf('a', 'b', 'c'), { limit: 2, stop: never, keyOf }, shop.work);
  await breath();
  expect(shop.begun).toEqual(['a', 'b']);
  await shop.end('b');
  expect(shop.begun).toEqual(['a', 'b', 'c']);
  await shop.end('a');
  await shop.end('c');
  await all;
});

it('works on one key in order', async () => {
  const shop = new Workshop();
  const all = forEachInFlight(streamOf('a1', 'a2', 'b'), { limit: 9, stop: never, keyOf }, shop.work);
  await breath();
  expect(shop.begun).toEqual(['a1', 'b']);
  await shop.end('a1');
  expect(shop.begun).toEqual(['a1', 'b', 'a2']);
  await shop.end('a2');
  await shop.end('b');
  await all;
});

it('ends what is under way and begins nothing more when it is stopped', async () => {
  const [shop, stop] = [new Workshop(), new AbortController()];
  const all = forEachInFlight(streamOf('a', 'b', 'c'), { limit: 2, stop: stop.signal, keyOf }, shop.work);
  await breath();
  stop.abort();
  await shop.end('a');
  await shop.end('b');
  await all;
  expect(shop.ended).toEqual(['a', 'b']);
});

it('ends what is under way and raises the first failure', async () => {
  const shop = new Workshop();
  const all = forEachInFlight(streamOf('a', 'b', 'c'), { limit: 2, stop: never, keyOf }, shop.work);
  const failure = all.catch((error: unknown) => error);
  await breath();
  await shop.end('a', new Error('broken'));
  await shop.end('b');
  expect(await failure).toEqual(new Error('broken'));
  expect(shop.begun).toEqual(['a', 'b']);
});

it('ends what is under way when the items break off', async () => {
  async function* broken(): AsyncGenerator<string> {
    yield 'a';
    throw new Error('unreadable');
  }
  const shop = new Workshop();
  const all = forEachInFlight(broken(), { limit: 2, stop: never, keyOf }, shop.work);
  const failure = all.catch((error: unknown) => error);
  await breath();
  await shop.end('a');
  expect(await failure).toEqual(new Error('unreadable'));
  expect(shop.ended).toEqual(['a']);
});
