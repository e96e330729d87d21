import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ProblemReplies } from './problem-replies.js';

/** The one exception filter: whatever a controller, guard or pipe throws becomes a problem (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly replies: ProblemReplies) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.replies.send(error, http.getRequest(), http.getResponse());
  }
}
