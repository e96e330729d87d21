import type {
  CausationCommand,
  CausationEvent,
  CausationTree,
} from '../../platform/operations/reports/causation.dto.js';
import { counted } from '../../platform/operations/counted.js';
import { cut, moment } from '../layout.js';

/** A part of the tree as it is drawn: its lines, and what hangs below it. */
interface Branch {
  readonly lines: readonly string[];
  readonly below: readonly Branch[];
}

const MAX_ERROR = 100;

/** A causation tree with its branches: commands in front, their events and the reactions to these below. */
export function drawTree({ roots, correlationIds, eventCount, isComplete }: CausationTree): string[] {
  const more = isComplete ? '' : ', and more not shown';
  return [
    `${counted(eventCount, 'event')} of ${counted(correlationIds.length, 'request')}${more}`,
    ...roots.flatMap((root) => ['', ...drawn(commandBranch(root))]),
  ];
}

function commandBranch({ name, actor, at, events, commandId }: CausationCommand): Branch {
  const what = name ?? `command ${commandId}`;
  return { lines: [`${what}  by ${actor.type} ${actor.id}  ${moment(at)}`], below: events.map(eventBranch) };
}

function eventBranch({ name, stream, version, position, failedIn, reactions }: CausationEvent): Branch {
  const failed = failedIn.map(
    ({ subscription, state, attempts, error }) =>
      `✖ ${state} in ${subscription} after ${attempts === 1 ? '1 try' : `${attempts} tries`}: ${cut(error ?? 'waits behind another event', MAX_ERROR)}`,
  );
  const place = position === null ? 'no position yet' : `position ${position}`;
  return { lines: [`${name}  ${stream}@${version}  ${place}`, ...failed], below: reactions.map(commandBranch) };
}

function drawn({ lines, below }: Branch): string[] {
  const [first = '', ...more] = lines;
  const stem = below.length > 0 ? '│ ' : '  ';
  return [
    first,
    ...more.map((line) => stem + line),
    ...below.flatMap((branch, at) => hung(branch, at === below.length - 1)),
  ];
}

function hung(branch: Branch, isLast: boolean): string[] {
  const [first = '', ...more] = drawn(branch);
  return [`${isLast ? '└─' : '├─'} ${first}`, ...more.map((line) => `${isLast ? '  ' : '│ '} ${line}`)];
}
