import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Header, StreamableFile } from '@nestjs/common';
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger';
import { PathText } from '../exchange/path-segments.js';
import { Public } from '../routes/route.decorators.js';
import { ApiDescription } from './api-description.js';

const ASSET = /^(?:swagger-ui\.css|swagger-ui-bundle\.js|favicon-32x32\.png|start\.js)$/;
const TYPES: Readonly<Record<string, string>> = { css: 'text/css', js: 'text/javascript', png: 'image/png' };
const START = "window.onload = () => SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', deepLinking: true });\n";
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Waybill API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/**
 * The description of the API, for people and for tools. Routes like all others, so that nothing is served past the
 * route book; the files are those of swagger-ui-dist, which @nestjs/swagger brings along.
 */
@Controller()
@ApiExcludeController()
@Public()
export class DocsController {
  readonly #folder = swaggerUiFolder();

  constructor(private readonly description: ApiDescription) {}

  @Get('openapi.json')
  document(): OpenAPIObject {
    return this.description.document;
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return PAGE;
  }

  @Get('docs/:asset')
  async asset(@PathText('asset', ASSET) name: string): Promise<StreamableFile> {
    const content = name === 'start.js' ? Buffer.from(START) : await readFile(join(this.#folder, name));
    return new StreamableFile(content, { type: TYPES[name.split('.').at(-1)!]! });
  }
}

function swaggerUiFolder(): string {
  const ownSwagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  return dirname(createRequire(ownSwagger).resolve('swagger-ui-dist/package.json'));
}
