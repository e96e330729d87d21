/** Entry point `#platform/http`: what controllers, and the start of an application, are written with. Each name is used by this
 *  application, or is in the README's list of what it doesn't use. */
export { createHttpApp } from './app/create-http-app.js';
export { CurrentPrincipal } from './auth/current-principal.decorator.js';
export { actorOf, hasRole } from './auth/identity.js';
export { defineRoles } from './auth/role-rules.js';
export { DevTokens } from './auth/dev-tokens.js';
export { Admission } from './request/admission.js';
export { LinkBase } from './request/link-base.decorator.js';
export { IfVersion } from './request/if-match.js';
export { PathId, PathText } from './request/path-segments.js';
export { ListsModule } from './lists/lists.module.js';
export { Cursors } from './lists/cursors.js';
export { ListQuery } from './lists/list-query.dto.js';
export { Page } from './lists/page.js';
export { SortBy, type Sort } from './lists/sort-by.js';
export type { ApiTitle } from './openapi/api-title.js';
export { invalidInput } from './problems/problem-error.js';
export { defineProblems, registeredProblem } from './problems/problem-registry.js';
export { Changes, Creates, MayRespondAsync, Public, Roles, Versioned } from './routes/route.decorators.js';
export { Nested } from './validation/input-class.js';
export { IsCurrency, IsDay, IsInstant, IsMailAddress, isId, IsText } from './validation/rules.js';
