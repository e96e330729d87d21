import { Controller, Get, Header } from '@nestjs/common';
import { PublicUrl } from '../app/public-url.js';
import { PathText } from '../request/path-segments.js';
import { Public } from '../routes/route.decorators.js';
import { ProblemError } from './problem-error.js';
import { registeredProblems, type RegisteredProblem } from './problem-registry.js';

const JSON_TYPE = 'application/json; charset=utf-8';

interface Pages {
  readonly list: Buffer;
  readonly byCode: ReadonlyMap<string, Buffer>;
}

/** Where a problem's `type` leads: what it means and what to do about it. Serialised once; all answers share the bytes. */
@Controller('problems')
@Public()
export class ProblemsController {
  #pages: Pages | undefined;

  constructor(private readonly publicUrl: PublicUrl) {}

  @Get()
  @Header('content-type', JSON_TYPE)
  list(): Buffer {
    return this.#all.list;
  }

  @Get(':code')
  @Header('content-type', JSON_TYPE)
  one(@PathText('code', /^[a-z0-9.-]{1,100}$/) code: string): Buffer {
    const page = this.#all.byCode.get(code);
    if (page === undefined) throw new ProblemError('not-found', 'Unknown problem code.');
    return page;
  }

  get #all(): Pages {
    return (this.#pages ??= pagesOf(registeredProblems(), this.publicUrl.value));
  }
}

function pagesOf(problems: readonly RegisteredProblem[], publicUrl: string): Pages {
  const pages = problems.map((problem) => ({ type: `${publicUrl}/problems/${problem.code}`, ...problem }));
  return {
    list: Buffer.from(JSON.stringify({ data: pages })),
    byCode: new Map(pages.map((page) => [page.code, Buffer.from(JSON.stringify(page))])),
  };
}
