import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RateLimits } from '../request/rate-limits.js';
import { ApiDescription } from '../openapi/api-description.js';
import type { ApiTitle } from '../openapi/api-title.js';
import { ProblemResponder } from '../problems/problem-responder.js';
import { HttpModule } from './http.module.js';
import type { HttpSettings } from './http-settings.js';
import { ProblemFastifyAdapter } from './problem-fastify.adapter.js';
import { RequestPipeline } from './request-pipeline.js';

export interface HttpAppOptions extends NestApplicationOptions {
  readonly title: ApiTitle;
}

class HttpRootModule {}

/**
 * The application with its HTTP side, ready for `listen`: limits, strict input, problems, access, idempotency and
 * consistency headers, OpenAPI at `/docs`. The root module's controllers need nothing but their decorators.
 *
 * @throws Error when a route doesn't declare who may call it, or takes input that nothing checks
 */
export async function createHttpApp(
  rootModule: Type | DynamicModule,
  settings: HttpSettings,
  { title, ...options }: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const adapter = new ProblemFastifyAdapter(settings);
  const root = { module: HttpRootModule, imports: [rootModule, HttpModule.forRoot(settings, title)] };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    abortOnError: false,
    ...options,
    bodyParser: false,
    rawBody: false,
  });
  adapter.answerWith(app.get(ProblemResponder));
  const server = app.getHttpAdapter().getInstance();
  await app.get(RateLimits).install(server);
  app.get(RequestPipeline).install(server);
  allowOrigins(app, settings);
  app.get(ApiDescription).of(app);
  return app;
}

function allowOrigins(app: NestFastifyApplication, { http }: HttpSettings): void {
  if (http.corsOrigins.length === 0) return;
  app.enableCors({
    origin: [...http.corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
    // Answered by the pipeline, which counts them as any other request.
    preflightContinue: true,
    strictPreflight: false,
  });
}

/** What a browser's script may read of an answer. */
const EXPOSED = [
  'Consistency-Status',
  'Consistency-Token',
  'ETag',
  'Idempotent-Replayed',
  'Link',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
];
