import { parseArgs } from 'node:util';

/** Which figures belong together: they are taken side by side. */
const PARTS = {
  a: 'orders',
  b: 'orders',
  c: 'orders',
  d: 'reads',
  e: 'visibility',
  f: 'catchUp',
  g: 'partitions',
  h: 'indifferent',
  i: 'crowd',
  j: 'takeOver',
  k: 'beside',
  l: 'beside',
  m: 'growth',
};

export const USAGE = `npm run bench [-- options]

  --only a,b,…   only the parts that hold these figures (a, b and c are one part); default all
  --quick        one short round of everything: a look whether it runs, no figures to quote
  --seconds N    how long each load runs; default 8
  --rounds N     how often each comparison is repeated, in turn; the median counts; default 3
  --events N     how many events (f), (g) and (h) read, and (m) begins with; default 100000
  --profile      keep a CPU profile of the server while it takes orders, in .cache/bench
  --help         this text`;

/** What the command line asks for. @throws Error with a text for the caller */
export function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      events: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help,
    quick: values.quick,
    profile: values.profile,
    parts: partsOf(values.only),
    seconds: numberOf('--seconds', values.seconds, values.quick ? 2 : 8),
    rounds: numberOf('--rounds', values.rounds, values.quick ? 1 : 3),
    events: numberOf('--events', values.events, values.quick ? 20_000 : 100_000),
    connections: [1, 8, 32],
  };
}

function partsOf(only) {
  const letters = only === undefined ? Object.keys(PARTS) : only.split(',').map((letter) => letter.trim());
  const unknown = letters.find((letter) => !(letter in PARTS));
  if (unknown !== undefined)
    throw new Error(`--only knows ${Object.keys(PARTS).join(', ')}; "${unknown}" is none of them.`);
  return new Set(letters.map((letter) => PARTS[letter]));
}

function numberOf(option, text, whenUnset) {
  if (text === undefined) return whenUnset;
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new Error(`${option} must be a number above 0; it is "${text}".`);
  return number;
}
