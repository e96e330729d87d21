import { classify } from '../database/errors.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { endAbandonedRebuild, readViewStates, type ViewState } from './sql/view-states.js';

/** An inline view that a commit writes, with the version of the code that folds it. */
export interface RequiredView {
  readonly name: string;
  readonly version: number;
}

/** What `classify` reads: nothing was stored, and the same may succeed later or in another process. */
const REFUSED = { code: 'WB011', severity: 'ERROR' };

/** An inline view is being rebuilt, and takes no rows until that has ended. Nothing was stored. */
export class ViewRebuilding extends Error {
  readonly code = 'view-rebuilding';
  readonly driverError = REFUSED;

  constructor(name: string) {
    super(`The view ${name} is being rebuilt. Nothing was changed. Retry after Retry-After.`);
  }
}

/** Another version of the code keeps an inline view that this process would write. Nothing was stored. */
export class ViewOutdated extends Error {
  readonly code = 'view-outdated';
  readonly driverError = REFUSED;

  constructor(reason: string) {
    super(`${reason} Nothing was changed. Retry after Retry-After.`);
  }
}

/** Why this code may not write a view; undefined if it may. For logs, operators and `/health/ready`. */
export function whyOutdated({ name, version }: RequiredView, stored: ViewState | undefined): string | undefined {
  if (stored?.kind === 'inline' && stored.version === version) return undefined;
  const keeper = stored === undefined ? 'is not registered' : `is filled ${stored.kind} by version ${stored.version}`;
  return `The view ${name} ${keeper} of its code, but this process writes it inline by version ${version}.`;
}

/** The first reason for which this code may not write one of these views; undefined: there is none. */
export async function outdatedView(on: Queryable, views: readonly RequiredView[]): Promise<string | undefined> {
  if (views.length === 0) return undefined;
  const states = await readViewStates(on, views);
  return views.map((view) => whyOutdated(view, states.get(view.name))).find((reason) => reason !== undefined);
}

/**
 * Explains a failed commit by the inline views that it would have written. A lock time-out counts too: writers may wait
 * behind a rebuild that waits for earlier writers.
 *
 * @returns true when trying again is right: the rebuild has ended, or was abandoned and its mark is removed now
 * @throws ViewRebuilding, ViewOutdated
 */
export async function isRefusedByView(on: Queryable, views: readonly RequiredView[], error: unknown): Promise<boolean> {
  const { kind, sqlState } = classify(error);
  const isRefused = sqlState === REFUSED.code;
  if (views.length === 0 || (!isRefused && kind !== 'lock-timeout')) return false;
  const states = await readViewStates(on, views);
  for (const view of views) {
    const reason = whyOutdated(view, states.get(view.name));
    if (reason !== undefined) throw new ViewOutdated(reason);
    if (states.get(view.name)?.isRebuilding !== true) continue;
    if (!(await endAbandonedRebuild(on, view.name))) throw new ViewRebuilding(view.name);
    return true;
  }
  return isRefused;
}
