import { section } from './section.js';
import { integer } from './setting.js';

const DAYS = { min: 0, max: 36_500, unit: 'days' };

/** What is kept how long, of what may be deleted at all. */
export const retention = section('RETENTION', 'Retention', {
  workDays: integer({
    ...DAYS,
    default: 0,
    about:
      'How long stored commands of event handlers, with their results, and outbound calls that were made are kept after their ' +
      'end; 0: for ever. Sent again under the same id or key later than that, they take effect a second time: so longer than ' +
      'any event stays dead-lettered, and than any event handler is restarted back to.',
  }),
  auditDays: integer({
    ...DAYS,
    default: 0,
    about: 'How long entries of the audit (who did what to the log’s readers) are kept; 0: for ever.',
  }),
});
