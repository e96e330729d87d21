import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../routes/route.decorators.js';
import { ApiDescription } from './api-description.js';

const START = "window.onload = () => SwaggerUIBundle({ url: 'openapi.json', dom_id: '#ui', deepLinking: true });\n";
/** Links are relative to `/docs`, so that they also hold under the path of a proxy. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Waybill API</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

/**
 * Swagger UI loads its own script and style sheet, sets styles on elements, has its icons in `data:` URLs, and calls this server.
 * Nothing else is allowed, least of all a frame around the page: who is signed in there may be led to click.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The description of the API, for people and for tools. Routes like all others, so that nothing is served past the
 * route registry; the files are those of swagger-ui-dist, which @nestjs/swagger brings along. Every file is read, and the
 * document serialised, once: all answers share the bytes, so that clients that read slowly keep no copies.
 */
@Controller()
@ApiExcludeController()
@Public()
export class DocsController {
  readonly #folder = swaggerUiFolder();
  readonly #files = new Map<string, Promise<Buffer>>();
  #document: Buffer | undefined;

  constructor(private readonly description: ApiDescription) {}

  @Get('openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  document(): Buffer {
    return (this.#document ??= Buffer.from(JSON.stringify(this.description.document)));
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', CONTENT_SECURITY_POLICY)
  @Header('x-frame-options', 'DENY')
  page(): string {
    return PAGE;
  }

  @Get('docs/start.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  start(): string {
    return START;
  }

  @Get('docs/swagger-ui-bundle.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): Promise<Buffer> {
    return this.#file('swagger-ui-bundle.js');
  }

  @Get('docs/swagger-ui.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): Promise<Buffer> {
    return this.#file('swagger-ui.css');
  }

  @Get('docs/favicon-32x32.png')
  @Header('content-type', 'image/png')
  icon(): Promise<Buffer> {
    return this.#file('favicon-32x32.png');
  }

  #file(name: string): Promise<Buffer> {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const reading = readFile(join(this.#folder, name));
    this.#files.set(name, reading);
    // A file that could not be read is tried again by the next request.
    reading.catch(() => this.#files.delete(name));
    return reading;
  }
}

function swaggerUiFolder(): string {
  const ownSwagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  return dirname(createRequire(ownSwagger).resolve('swagger-ui-dist/package.json'));
}
