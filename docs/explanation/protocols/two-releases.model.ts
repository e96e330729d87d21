import type { Model } from './search.js';

type Version = 1 | 2;

/** A worker of one release. `asked` while its take-over waits: the version that it saw before it had the lock. */
interface Worker {
  readonly version: Version;
  readonly asked: Version | undefined;
  readonly fence: number | undefined;
}

interface State {
  /** The code version that fills the view. */
  readonly version: Version;
  readonly fence: number;
  /** By which version's code each row was folded; its length is the checkpoint. */
  readonly view: readonly Version[];
  /** The same for a view that commands write in their own commit; one row per command. */
  readonly inline: readonly Version[];
  readonly rebuild: 'to come' | 'holds the locks' | 'done';
  readonly workers: readonly Worker[];
}

/** The protections, which the test takes out one at a time. */
export interface ReleaseRules {
  /** The take-over reads the view's version in a statement after the one that locks. */
  readonly readsVersionUnderLock: boolean;
  /** The rebuild raises the fence, so that whoever owned the partition before it can't commit. */
  readonly raisesFence: boolean;
  /** The commit compares the version of an inline view with that of the code which folded the row. */
  readonly checksInlineVersion: boolean;
}

const EVENTS = 2;

/**
 * Workers and commands of two releases beside a rebuild to the newer one's version. A take-over waits for the rebuild's locks
 * between what it asks and what it does: a single statement goes on with what it saw before.
 */
export function twoReleases(rules: ReleaseRules): Model<State> {
  return {
    initial: {
      version: 1,
      fence: 1,
      view: [],
      inline: [],
      rebuild: 'to come',
      workers: [idle(1), idle(2)],
    },
    *steps(state) {
      yield* rebuildSteps(rules, state);
      for (const [index, worker] of state.workers.entries()) {
        yield* takeOverSteps(rules, state, index);
        yield* commitSteps(rules, state, worker);
      }
    },
    problemIn: ({ version, view, inline }) =>
      [...view, ...inline].some((by) => by !== version)
        ? `the view is of version ${version}, and has other rows`
        : undefined,
  };
}

type Steps = Generator<readonly [string, State]>;

function* rebuildSteps({ raisesFence }: ReleaseRules, state: State): Steps {
  if (state.rebuild === 'to come') yield ['the rebuild locks', { ...state, rebuild: 'holds the locks' }];
  if (state.rebuild !== 'holds the locks') return;
  const fence = state.fence + Number(raisesFence);
  const inline = state.inline.map((): Version => 2);
  yield ['the rebuild commits', { ...state, version: 2, fence, view: [], inline, rebuild: 'done' }];
}

function* takeOverSteps({ readsVersionUnderLock }: ReleaseRules, state: State, index: number): Steps {
  const worker = state.workers[index]!;
  const changed = (to: Partial<Worker>, fence = state.fence): State => ({
    ...state,
    fence,
    workers: state.workers.with(index, { ...worker, ...to }),
  });
  if (worker.asked === undefined) yield [`worker ${worker.version} asks`, changed({ asked: state.version })];
  if (worker.asked === undefined || state.rebuild === 'holds the locks' || state.fence > EVENTS + 2) return;
  const seen = readsVersionUnderLock ? state.version : worker.asked;
  if (seen !== worker.version) yield [`worker ${worker.version} is refused`, changed({ asked: undefined })];
  else {
    const fence = state.fence + 1;
    yield [`worker ${worker.version} takes over`, changed({ asked: undefined, fence }, fence)];
  }
}

function* commitSteps({ checksInlineVersion }: ReleaseRules, state: State, worker: Worker): Steps {
  if (state.rebuild === 'holds the locks') return;
  const { version } = worker;
  if (worker.fence === state.fence && state.view.length < EVENTS)
    yield [`worker ${version} folds an event`, { ...state, view: [...state.view, version] }];
  if (state.inline.length < EVENTS && (!checksInlineVersion || version === state.version))
    yield [`a command of release ${version} commits`, { ...state, inline: [...state.inline, version] }];
}

function idle(version: Version): Worker {
  return { version, asked: undefined, fence: undefined };
}
