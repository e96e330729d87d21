/** The name of a projection or subscription in a path; what isn't one is not found. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;
