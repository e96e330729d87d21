import { ProjectionReport } from '../reports/projection-report.dto.js';

/** Every projection, by name. */
export class ProjectionsBody {
  data!: ProjectionReport[];
}
