import { Inject, Injectable, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PublicUrl } from '../app/public-url.js';
import { RouteRegistry } from '../routes/route-registry.js';
import { API_TITLE, type ApiTitle } from './api-title.js';
import { describeRoute } from './describe-route.js';
import { PROBLEM_SCHEMA } from './problem-schema.js';

/** OpenAPI 3.1 of every route, completed with what the kernel adds to all of them: access, headers, problems. */
@Injectable()
export class ApiDescription {
  #app: INestApplication | undefined;
  #document: OpenAPIObject | undefined;

  constructor(
    private readonly publicUrl: PublicUrl,
    private readonly routes: RouteRegistry,
    @Inject(API_TITLE) private readonly title: ApiTitle,
  ) {}

  of(app: INestApplication): this {
    this.#app = app;
    return this;
  }

  /** Made when first asked for: the start doesn't wait for it. */
  get document(): OpenAPIObject {
    return (this.#document ??= this.#describe());
  }

  #describe(): OpenAPIObject {
    if (this.#app === undefined) throw new Error('There is no application to describe yet.');
    const config = new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle(this.title.title)
      .setDescription(this.title.description)
      .setVersion(this.title.version)
      .addServer(this.publicUrl.value)
      .addBearerAuth()
      .build();
    const document = SwaggerModule.createDocument(this.#app, config);
    document.components = {
      ...document.components,
      schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA },
    };
    for (const route of this.routes.routes) describeRoute(document, route);
    return document;
  }
}
