import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { publicUrlOf, type HttpSettings } from '../app/http-settings.js';
import { RouteBook } from '../routes/route-book.js';
import { describeRoute } from './describe-route.js';
import { PROBLEM_SCHEMA } from './problem-schema.js';

/** Serves the description of the API: `/docs` for people, `/openapi.json` for tools. Made when first asked for. */
export function serveOpenApi(app: NestFastifyApplication, settings: HttpSettings): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (document ??= openApiDocument(app, settings)), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Waybill API',
  });
}

/** OpenAPI 3.1 of every route, completed with what the kernel adds to all of them: access, headers, problems. */
export function openApiDocument(app: NestFastifyApplication, settings: HttpSettings): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Waybill')
    .setDescription('Order management that never loses or doubles an order.')
    .setVersion('1')
    .addServer(publicUrlOf(settings))
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config);
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA },
  };
  for (const route of app.get(RouteBook).routes) describeRoute(document, route);
  return document;
}
