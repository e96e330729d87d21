import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { EventStreams, messageContext } from '#kernel';
import { NotFound, VersionMismatch } from '#kernel/domain';
import { normalised, searchText } from '#shared';
import {
  changed,
  factsBetween,
  type NewProduct,
  type Price,
  type Product,
  type ProductChanges,
  type ProductTexts,
} from '../domain/product.js';
import { SkuTaken } from '../domain/product.refusals.js';
import { ProductEntity } from './product.entity.js';

/** Which product is to change, and the version the caller saw, where that matters. */
export interface ProductAt {
  readonly sku: string;
  readonly ifVersion?: number | undefined;
}

/** What another system knows of a product: at least what a new one needs. */
type OtherSystemsProduct = Omit<NewProduct, keyof ProductTexts> & Pick<ProductTexts, 'name'> & ProductChanges;

/**
 * The write side of the catalog. Each method belongs to a unit of work: the row, its version and the event for other
 * contexts commit together. A change that is already so changes nothing, not even the version.
 */
@Injectable()
export class Products {
  constructor(
    @InjectRepository(ProductEntity) private readonly products: Repository<ProductEntity>,
    private readonly facts: EventStreams,
  ) {}

  /** @throws SkuTaken */
  async add(product: NewProduct): Promise<Product> {
    const added = await this.insertIfAbsent(product);
    if (added === undefined) throw new SkuTaken(product.sku);
    return added;
  }

  describe(product: ProductAt, texts: Partial<ProductTexts>): Promise<Product> {
    return this.change(product, texts);
  }

  /** Sells at this price from now on. */
  changePrice(product: ProductAt, { unitPrice, currency }: Price): Promise<Product> {
    return this.change(product, { unitPrice, currency });
  }

  /** Sells it no more. Placed orders keep it. */
  discontinue(product: ProductAt): Promise<Product> {
    return this.change(product, { discontinued: true });
  }

  /** Makes the product equal to another system's. Fields that the other system omits stay as they are. */
  async storeImported({ sku, ...news }: OtherSystemsProduct): Promise<'added' | 'changed' | 'unchanged'> {
    const { name, unitPrice, currency, category = null, unit = null, taxClass = null } = news;
    const added = await this.insertIfAbsent({ sku, name, unitPrice, currency, category, unit, taxClass });
    const before = await this.lock(sku);
    const after = await this.store(before, news);
    if (added !== undefined) return 'added';
    return after === before ? 'unchanged' : 'changed';
  }

  private async insertIfAbsent(product: NewProduct): Promise<Product | undefined> {
    const added = { ...normalised(product), discontinued: false, version: 1 };
    const found = searchText(added.sku, added.name);
    const row = { ...added, searchText: found, tenant: messageContext.current().tenant };
    const insert = this.products.createQueryBuilder().insert().values(row).orIgnore().returning(['sku']);
    const { raw } = (await insert.execute()) as { raw: unknown[] };
    return raw.length === 0 ? undefined : added;
  }

  private async change({ sku, ifVersion }: ProductAt, changes: ProductChanges): Promise<Product> {
    const before = await this.lock(sku);
    if (ifVersion !== undefined && ifVersion !== before.version) throw new VersionMismatch(before.version);
    return this.store(before, changes);
  }

  /** The row's lock is held until the unit commits: two edits of one product are applied one after the other. */
  private async lock(sku: string): Promise<ProductEntity> {
    const { tenant } = messageContext.current();
    const product = await this.products.findOne({ where: { tenant, sku }, lock: { mode: 'for_no_key_update' } });
    if (product === null) throw new NotFound(`There is no product with the SKU ${sku}.`);
    return product;
  }

  private async store(before: ProductEntity, changes: ProductChanges): Promise<Product> {
    const news = normalised(changes);
    const after = changed(before, news);
    if (after === before) return before;
    const { tenant, sku, version } = before;
    const { affected } = await this.products.update(
      { tenant, sku, version },
      { ...news, searchText: searchText(sku, after.name), version: after.version },
    );
    if (affected !== 1) throw new VersionMismatch(version);
    const events = factsBetween(before, after);
    if (events.length > 0) this.facts.append({ stream: `catalog.product:${sku}`, events });
    return after;
  }
}
