import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { isAccepted } from '../../../kernel/commands/pipeline-errors.js';
import { AcceptedReplies } from '../operations/accepted-replies.js';
import { ProblemResponder } from './problem-responder.js';

/** The one exception filter: whatever a controller, guard or pipe throws becomes a problem (RFC 9457), save an acceptance. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly replies: ProblemResponder,
    private readonly accepted: AcceptedReplies,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    if (isAccepted(error)) void this.accepted.send(error.operationId, http.getRequest(), http.getResponse());
    else this.replies.send(error, http.getRequest(), http.getResponse());
  }
}
