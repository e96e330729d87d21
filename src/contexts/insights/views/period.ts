/** Which days a report covers, both inclusive, in UTC (`YYYY-MM-DD`); what is left out is open. */
export interface ReportPeriod {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}
