import { Controller, Get, Inject } from '@nestjs/common';
import { HTTP_SETTINGS, publicUrlOf, type HttpSettings } from '../app/http-settings.js';
import { PathText } from '../exchange/path-segments.js';
import { Public } from '../routes/route.decorators.js';
import { ProblemError } from './problem-error.js';
import { registeredProblem, registeredProblems, type RegisteredProblem } from './problem-registry.js';

type ProblemPage = RegisteredProblem & { readonly type: string };

/** Where a problem's `type` leads: what it means and what to do about it. */
@Controller('problems')
@Public()
export class ProblemsController {
  constructor(@Inject(HTTP_SETTINGS) private readonly settings: HttpSettings) {}

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
    return { type: `${publicUrlOf(this.settings)}/problems/${problem.code}`, ...problem };
  }
}
