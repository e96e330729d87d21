import { readFileSync } from 'node:fs';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Stands for the epoch of the log, which is the same for every order. */
const EPOCH = 'epoch';
const ORDER_NUMBER = /\bSO-\d+\b/g;

/** The statements that the server has sent to its command and query pools, oldest first. */
export function readRecording(file) {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/**
 * Makes patterns of the statements of one order: parameters in which every id is open, so that each repeat is an order
 * of its own. Statements that only some orders need (a block of numbers) are left out here.
 */
export function patternsOf(statements) {
  const ids = [];
  const slotOf = (found) => {
    const known = ids.indexOf(found);
    return known >= 0 ? known : ids.push(found) - 1;
  };
  const patterns = statements.map(({ values = [], ...statement }) => ({
    ...statement,
    values: values.map((value) => (typeof value === 'string' ? pieces(value, slotOf) : value)),
  }));
  return { patterns, slots: ids.map(slotKind) };
}

function slotKind(id) {
  if (id === EPOCH) return 'epoch';
  if (id.startsWith('SO-')) return 'number';
  return id[14] === '7' ? 'v7' : 'v4';
}

/** Text, slot, text, slot, …, text; a value without ids stays as it is. */
function pieces(value, slotOf) {
  const found = [...value.matchAll(UUID), ...value.matchAll(ORDER_NUMBER)].toSorted((a, b) => a.index - b.index);
  if (found.length === 0) return value;
  const parts = [];
  let end = 0;
  for (const { index, 0: id } of found) {
    const before = value.slice(end, index);
    parts.push(before, slotOf(before.endsWith('"epoch":"') ? EPOCH : id));
    end = index + id.length;
  }
  return { parts: [...parts, value.slice(end)] };
}

/** A pattern's parameters with ids filled in. */
export function filledIn(values, ids) {
  return values.map((value) => {
    if (value === null || typeof value !== 'object' || !('parts' in value)) return value;
    let text = '';
    for (const part of value.parts) text += typeof part === 'number' ? ids[part] : part;
    return text;
  });
}
