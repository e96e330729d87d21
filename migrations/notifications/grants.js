// Whoever delivers a notification reads it first.
export const queryable = ['notifications'];
