/** The value that a share of all values doesn't exceed (nearest rank). `sorted` is ascending; NaN where it is empty. */
export function percentile(sorted, share) {
  return sorted.length === 0 ? Number.NaN : sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One figure of several rounds: the median of each number. Nested objects are taken apart, texts from the first. */
export function medianOf(rounds) {
  return Object.fromEntries(
    Object.entries(rounds[0]).map(([name, first]) => {
      const values = rounds.map((round) => round[name]);
      if (typeof first === 'number') return [name, median(values)];
      return [name, typeof first === 'object' && first !== null ? medianOf(values) : first];
    }),
  );
}

/** What a load found out, from the milliseconds that each answer took. */
export function summary(latenciesMs, seconds) {
  const sorted = Float64Array.from(latenciesMs).toSorted();
  return {
    rate: sorted.length / seconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  };
}
