import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { AccessGuard } from '../auth/access.guard.js';
import { DevHosts } from '../auth/dev-hosts.js';
import { DevTokensController } from '../auth/dev-tokens.controller.js';
import { DevTokens } from '../auth/dev-tokens.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { Admission } from '../request/admission.js';
import { MessageContextFactory } from '../request/message-context-factory.js';
import { RateLimits } from '../request/rate-limits.js';
import { ViewWait } from '../request/view-wait.js';
import { AcceptedReplies } from '../operations/accepted-replies.js';
import { OperationBodies } from '../operations/operation-bodies.js';
import { OperationsController } from '../operations/operations.controller.js';
import { ApiDescription } from '../openapi/api-description.js';
import { API_TITLE, type ApiTitle } from '../openapi/api-title.js';
import { DocsController } from '../openapi/docs.controller.js';
import { ProblemFilter } from '../problems/problem.filter.js';
import { ProblemResponder } from '../problems/problem-responder.js';
import { ProblemsController } from '../problems/problems.controller.js';
import { RouteRegistry } from '../routes/route-registry.js';
import { RouteChecks } from '../routes/route-checks.js';
import { InputPipe } from '../validation/input.pipe.js';
import { HTTP_SETTINGS, type HttpSettings } from './http-settings.js';
import { PublicUrl } from './public-url.js';
import { RequestAuthorization } from './request-authorization.js';
import { RequestPipeline } from './request-pipeline.js';

const GLOBAL: Provider[] = [
  { provide: APP_GUARD, useClass: AccessGuard },
  { provide: APP_PIPE, useClass: InputPipe },
  { provide: APP_FILTER, useClass: ProblemFilter },
];

/** The HTTP side of an application; only `createHttpApp` imports it, so that workers and the CLI do without. */
@Module({})
export class HttpModule {
  static forRoot(settings: HttpSettings, title: ApiTitle): DynamicModule {
    return {
      module: HttpModule,
      imports: [DiscoveryModule],
      controllers: [
        OperationsController,
        ProblemsController,
        DocsController,
        ...(settings.auth.mode === 'dev' ? [DevTokensController] : []),
      ],
      providers: [
        { provide: HTTP_SETTINGS, useValue: settings },
        { provide: API_TITLE, useValue: title },
        PublicUrl,
        RouteRegistry,
        RouteChecks,
        ProblemResponder,
        OperationBodies,
        AcceptedReplies,
        DevHosts,
        DevTokens,
        TokenVerifier,
        Admission,
        MessageContextFactory,
        ViewWait,
        ApiDescription,
        RateLimits,
        RequestAuthorization,
        RequestPipeline,
        ...GLOBAL,
      ],
      exports: [Admission, DevTokens],
    };
  }
}
