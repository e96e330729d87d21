// Nothing in it keeps a loan from being noted twice: that is the kernel's promise.
export const up = `
CREATE TABLE lending.loans (
  book_id   text NOT NULL,
  reader_id text NOT NULL
);
`;
