import { Controller, Get, Query } from '@nestjs/common';
import { Pools } from '../../../kernel/database/pools.js';
import { Cursors } from '../../http/lists/cursors.js';
import type { Page } from '../../http/lists/page.js';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import { readAudit } from '../../../kernel/audit/sql/audit.js';
import { AuditEntryReport } from '../reports/audit-entry.dto.js';
import { FindAuditEntries } from './audit.dto.js';

/** Who did what to the log's readers, when and why. */
@Controller('ops/v1/audit')
@OperatorsOnly()
export class AuditController {
  constructor(
    private readonly pools: Pools,
    private readonly cursors: Cursors,
  ) {}

  /** Newest first. */
  @Get()
  async find(@Query() { limit, cursor, ...filter }: FindAuditEntries): Promise<Page<AuditEntryReport>> {
    const binding = { list: 'audit', filter, sort: '-id' };
    const [before] = cursor === undefined ? [] : await this.cursors.open(cursor, binding);
    const rows = await readAudit(
      this.pools.query,
      { ...filter, before: before === undefined ? undefined : Number(before) },
      limit + 1,
    );
    return this.cursors.page(rows, { limit, binding, keysOf: ({ id }) => [id], item: (row) => row });
  }
}
