import 'reflect-metadata';
import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';

export const ACCESS = 'waybill:access';
export const RESPONSE = 'waybill:answer';
export const PROBE = 'waybill:probe';
export const ASYNC_RESOURCE = 'waybill:async-resource';
/** Names of the path's parameters that are UUIDs, by `@PathId`. */
export const PATH_IDS = 'waybill:path-ids';

/** `any-role`: whoever has one. `operators`: those of the installation, whatever their tenants may do. */
export type Access = 'public' | 'any-role' | 'operators' | readonly string[];

/** How the answer's headers follow from the handler's result. */
export interface ResponseShape {
  /** Where what was made can be found: as it is written, and filled in. */
  readonly template?: string;
  readonly location?: (result: Record<string, unknown>) => string;
  /** The ETag of a result; undefined: it has none. */
  readonly etag?: (result: Record<string, unknown>) => string | undefined;
}

/** The roles that may call the route, or all routes of a controller; the method's list replaces the class's. */
export function Roles<Role extends string>(...roles: [Role, ...Role[]]): ClassDecorator & MethodDecorator {
  return SetMetadata(ACCESS, roles satisfies Access);
}

/** Callers with any of the application's roles may call the route. */
export function AnyRole(): ClassDecorator & MethodDecorator {
  return SetMetadata(ACCESS, 'any-role' satisfies Access);
}

/** Only operators of the installation may call the route: it shows or changes what belongs to all tenants. */
export function OperatorsOnly(): ClassDecorator & MethodDecorator {
  return SetMetadata(ACCESS, 'operators' satisfies Access);
}

/** Anyone may call the route, without a token. */
export function Public(): ClassDecorator & MethodDecorator {
  return SetMetadata(ACCESS, 'public' satisfies Access);
}

/** Health probes: answered whatever comes, so no limit of requests applies to them. They must cost next to nothing. */
export function Probe(): ClassDecorator & MethodDecorator {
  return SetMetadata(PROBE, true);
}

/** 201, with `Location` made from the result (`/v1/orders/:id`) and `ETag` from its `version`. */
export function Creates(location: `/${string}`): MethodDecorator {
  return applyDecorators(
    HttpCode(201),
    SetMetadata(RESPONSE, { template: location, location: filled(location), etag: versionTag } satisfies ResponseShape),
  );
}

/**
 * `Prefer: respond-async` is heeded: 202 with an operation once the command is stored, if the command has a permanent name
 * (`@DurableCommand`). For POST routes with `@Creates`, whose handlers execute one command and return its result.
 *
 * @param type what the command makes, in the operation's `resource`: `order`
 */
export function MayRespondAsync(type: string): MethodDecorator {
  return SetMetadata(ASYNC_RESOURCE, type);
}

/** 200, with `ETag` from the result's `version`. For commands that act on something that exists. */
export function Changes(): MethodDecorator {
  return applyDecorators(HttpCode(200), SetMetadata(RESPONSE, { etag: versionTag } satisfies ResponseShape));
}

/**
 * `ETag` on a GET, and 304 when `If-None-Match` names it. The tag is the result's `version`; where a view can change
 * without it (it joins others), name the field that then changes too, as in `@Versioned('position')`.
 */
export function Versioned(also?: string): MethodDecorator {
  const etag: NonNullable<ResponseShape['etag']> =
    also === undefined
      ? versionTag
      : (result) => {
          const version = versionTag(result);
          return version === undefined ? undefined : `${version}.${String(result[also])}`;
        };
  return SetMetadata(RESPONSE, { etag } satisfies ResponseShape);
}

/** A template's text and the fields between, taken apart once. */
function filled(template: string): NonNullable<ResponseShape['location']> {
  const [start = '', ...rest] = template.split(':');
  const parts = rest.map((part) => {
    const field = /^\w+/.exec(part)?.[0] ?? '';
    return { field, text: part.slice(field.length) };
  });
  return (result) => {
    let location = start;
    for (const { field, text } of parts) location += encodeURIComponent(String(result[field])) + text;
    return location;
  };
}

function versionTag(result: Record<string, unknown>): string | undefined {
  return typeof result['version'] === 'number' ? String(result['version']) : undefined;
}
