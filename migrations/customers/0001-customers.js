// Who buys. The one place besides delivery addresses that holds personal data, so that it can be erased.
import { textSearchIndex } from '../text-search-index.js';

export const up = `
CREATE TABLE customers.customers (
  tenant      text  NOT NULL,
  customer_id text  NOT NULL CHECK (customer_id ~ '^[A-Za-z0-9._:@|-]{1,128}$'),
  name        text  NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  search_text text  NOT NULL,
  contact     text  CHECK (char_length(contact) BETWEEN 1 AND 200),
  email       text  CHECK (char_length(email) BETWEEN 3 AND 254),
  phone       text  CHECK (char_length(phone) BETWEEN 1 AND 40),
  address     jsonb CHECK (jsonb_typeof(address) = 'object'),
  version     int   NOT NULL CHECK (version > 0),
  PRIMARY KEY (tenant, customer_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE customers.customers IS 'Personal data: never copied into events, answers kept under idempotency keys, or logs.';
COMMENT ON COLUMN customers.customers.search_text IS 'Id and name, folded by searchText(). Personal data, like the name.';
COMMENT ON COLUMN customers.customers.address IS '{ street, street2, city, region, postalCode, country }; street2, region and postalCode may be null.';
COMMENT ON COLUMN customers.customers.version IS 'Counts the edits; the ETag of the customer.';

-- Lists by name; lists by id use the primary key.
CREATE INDEX ix_customers_name ON customers.customers (tenant, name, customer_id);
CREATE INDEX ix_customers_email ON customers.customers (tenant, lower(email)) WHERE email IS NOT NULL;
${textSearchIndex('ix_customers_text', 'customers.customers')}`;
