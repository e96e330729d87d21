/** `<context>.<name-in-kebab>`: how events, streams, commands, projections, subscriptions and effects are kept in the database. */
export const PERMANENT_NAME = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/;
