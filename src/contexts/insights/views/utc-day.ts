/** The UTC day of an instant, as `YYYY-MM-DD`; reports are kept by it wherever the customer lives. */
export function utcDay(instant: string): string {
  return (instant.endsWith('Z') ? instant : new Date(instant).toISOString()).slice(0, 10);
}
