import { Controller, Get } from '@nestjs/common';
import { PublicUrl } from '../app/public-url.js';
import { PathText } from '../exchange/path-segments.js';
import { Public } from '../routes/route.decorators.js';
import { ProblemError } from './problem-error.js';
import { registeredProblem, registeredProblems, type RegisteredProblem } from './problem-registry.js';

type ProblemPage = RegisteredProblem & { readonly type: string };

/** Where a problem's `type` leads: what it means and what to do about it. */
@Controller('problems')
@Public()
export class ProblemsController {
  constructor(private readonly publicUrl: PublicUrl) {}

  @Get()
  list(): { data: ProblemPage[] } {
    return { data: registeredProblems().map((problem) => this.#page(problem)) };
  }

  @Get(':code')
  one(@PathText('code', /^[a-z0-9.-]{1,100}$/) code: string): ProblemPage {
    const problem = registeredProblem(code);
    if (problem === undefined) throw new ProblemError('not-found', 'There is no problem with this code.');
    return this.#page(problem);
  }

  #page(problem: RegisteredProblem): ProblemPage {
    return { type: `${this.publicUrl.value}/problems/${problem.code}`, ...problem };
  }
}
