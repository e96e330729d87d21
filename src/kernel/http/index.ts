export { createHttpApp } from './app/create-http-app.js';
export type { HttpSettings } from './app/http-settings.js';
export { CurrentPrincipal, hasRole } from './auth/current-principal.decorator.js';
export { actorOf } from './auth/identity.js';
export { DevTokens } from './auth/dev-tokens.js';
export { Admission } from './exchange/admission.js';
export { LinkBase } from './exchange/link-base.decorator.js';
export { IfVersion } from './exchange/if-match.js';
export { PathId, PathText } from './exchange/path-segments.js';
export { Cursors, type CursorBinding, type RowKeys } from './lists/cursors.js';
export { ListQuery } from './lists/list-query.dto.js';
export { Page } from './lists/page.js';
export { SortBy, type Sort } from './lists/sort-by.js';
export { ApiDescription } from './openapi/api-description.js';
export { invalidInput, invalidInputs, type InputError } from './problems/problem-error.js';
export {
  defineProblems,
  registeredProblem,
  registeredProblems,
  type ProblemDefinition,
} from './problems/problem-registry.js';
export {
  BodyLimit,
  Changes,
  Creates,
  MayRespondAsync,
  Public,
  Roles,
  ROLES,
  Versioned,
  type Role,
} from './routes/route.decorators.js';
export { MoneyBody } from './validation/money-body.dto.js';
export {
  IsCurrency,
  IsDay,
  IsId,
  IsInstant,
  IsMailAddress,
  isDay,
  isId,
  isInstant,
  IsText,
} from './validation/rules.js';
export { isText, type TextLimits } from './validation/text-rule.js';
