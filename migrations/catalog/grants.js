// A CRUD context: its queries read its own tables.
export const queryable = ['products'];
