// What operators look things up by.
export const up = `
CREATE INDEX ix_events_correlation_id ON kernel.events ((meta->>'correlationId'));
COMMENT ON INDEX kernel.ix_events_correlation_id IS 'The causation tree: everything that one wish has led to.';

-- An event's id holds the time it was made at. This index costs next to nothing and narrows the search to that time.
CREATE INDEX ix_events_recorded_at ON kernel.events USING brin (recorded_at);

CREATE INDEX ix_idempotency_system_command ON kernel.idempotency (command_id) WHERE kind = 'system';
`;
