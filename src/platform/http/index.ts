export { createHttpApp } from './app/create-http-app.js';
export type { HttpSettings } from './app/http-settings.js';
export { CurrentPrincipal } from './auth/current-principal.decorator.js';
export { actorOf, hasRole } from './auth/identity.js';
export { defineRoles, type RoleRules } from './auth/role-rules.js';
export { DevTokens } from './auth/dev-tokens.js';
export { Admission } from './exchange/admission.js';
export { LinkBase } from './exchange/link-base.decorator.js';
export { IfVersion } from './exchange/if-match.js';
export { PathId, PathText } from './exchange/path-segments.js';
export { ListsModule } from './lists/lists.module.js';
export { Cursors, type CursorBinding, type RowKeys } from './lists/cursors.js';
export { ListQuery } from './lists/list-query.dto.js';
export { Page } from './lists/page.js';
export { SortBy, type Sort } from './lists/sort-by.js';
export { ApiDescription } from './openapi/api-description.js';
export type { ApiTitle } from './openapi/api-title.js';
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
  AnyRole,
  Versioned,
} from './routes/route.decorators.js';
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
