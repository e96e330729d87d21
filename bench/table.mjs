/** What is said behind a figure that has an aim. */
export const OUT_OF = (reached, aim) => (reached ? `aim ${aim}: reached` : `aim ${aim}: not reached`);

export function thousands(number) {
  return Math.round(number).toLocaleString('en-US');
}

/** Texts to the left, numbers to the right. */
export function table(heads, rows) {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const isText = (column) => rows.every((row) => !/^[\d–]/.test(row[column])) || column === 0;
  return all.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}
