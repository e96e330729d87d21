// What customers are told of. One row per event and matter, whatever crashes; no personal data, so rows may stay.
export const up = `
CREATE TABLE notifications.notifications (
  notification_id uuid        NOT NULL PRIMARY KEY,
  tenant          text        NOT NULL,
  event_id        uuid        NOT NULL,
  order_id        uuid        NOT NULL,
  customer_id     text        NOT NULL,
  matter          jsonb       NOT NULL CHECK (matter->>'about' IN ('order-placed', 'order-discarded')),
  status          text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'skipped', 'undeliverable')),
  via             text        CHECK (via IN ('log', 'mail')),
  reason          text,
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at      timestamptz,
  CHECK ((status = 'pending') = (settled_at IS NULL)),
  CHECK ((status = 'sent') = (via IS NOT NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX ux_notifications_event ON notifications.notifications (event_id, (matter->>'about'));
COMMENT ON TABLE notifications.notifications IS 'One row per event that a customer is told of. Who the customer is, only Customers knows.';
COMMENT ON COLUMN notifications.notifications.matter IS '{ about, … }: the facts that the letter is written from.';
COMMENT ON COLUMN notifications.notifications.status IS 'pending until its mail has gone out; skipped: no e-mail known; undeliverable: no mail can reach the address, as reason says.';
`;
