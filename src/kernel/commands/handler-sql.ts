/** Statements that would end the command's transaction, begin another one or undo a part of it without its unit of work, or leave
 *  the session of the pool with settings that the next command would run under. Comments may stand before them. */
const FORBIDDEN =
  /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/|;)*(?:(?<ends>begin|start\s+transaction|commit|end|abort|prepare\s+transaction|rollback|savepoint|release)|set(?!\s+(?:local|transaction|constraints)\b)|reset|discard)\b/i;

/** @throws Error for SQL of a handler that would end the transaction of its command, or change its session. */
export function assertIsAllowed(text: string): void {
  const found = FORBIDDEN.exec(text);
  if (found === null) return;
  throw found.groups?.['ends'] === undefined ? changesSession() : endedByHandler();
}

function changesSession(): Error {
  return new Error(
    'A handler can’t change settings of its session, which the next command would run under. Use SET LOCAL, which ends with ' +
      'the command.',
  );
}

export function endedByHandler(): Error {
  return new Error(
    'A handler can’t begin or end the transaction of its command: the command pipeline does, with the commit of the events. ' +
      'For a part that may fail alone use transaction(), which is a savepoint.',
  );
}
