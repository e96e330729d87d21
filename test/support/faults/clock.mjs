// Replaces the wall clock of this process, so that it can be stepped while it runs. Monotonic clocks and timers go on.
const real = Date.now;
let shiftMs = 0;

/** Steps the wall clock: it is off by so many milliseconds from now on. */
export function stepClock(ms) {
  shiftMs = ms;
}

const now = () => real() + shiftMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: (target) => new target(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
