// What is sold, and at which price from now on.
import { textSearchIndex } from '../text-search-index.js';

export const up = `
CREATE TABLE catalog.products (
  tenant       text    NOT NULL,
  sku          text    NOT NULL CHECK (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
  name         text    NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  category     text    CHECK (char_length(category) BETWEEN 1 AND 100),
  search_text  text    NOT NULL,
  unit         text    CHECK (char_length(unit) BETWEEN 1 AND 100),
  tax_class    text    CHECK (tax_class ~ '^[A-Za-z0-9._-]{1,64}$'),
  unit_price   bigint  NOT NULL CHECK (unit_price BETWEEN 0 AND 9007199254740991),
  currency     text    NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  discontinued boolean NOT NULL DEFAULT false,
  version      int     NOT NULL CHECK (version > 0),
  PRIMARY KEY (tenant, sku)
) WITH (fillfactor = 80);
COMMENT ON COLUMN catalog.products.search_text IS 'Sku and name, folded by searchText().';
COMMENT ON COLUMN catalog.products.unit_price IS 'Minor units of currency.';
COMMENT ON COLUMN catalog.products.version IS 'Counts the edits; the ETag of the product.';

-- Lists by name, and within a category by name; lists by sku use the primary key.
CREATE INDEX ix_products_name ON catalog.products (tenant, name, sku);
CREATE INDEX ix_products_category ON catalog.products (tenant, category, name, sku);
${textSearchIndex('ix_products_text', 'catalog.products')}`;
