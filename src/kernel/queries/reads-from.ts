import { SetMetadata, type Type } from '@nestjs/common';

export const READS_FROM_METADATA = 'waybill:reads-from';

/** On a query handler: the read views it reads, so that the query bus can wait until they have what the caller has seen. */
export function ReadsFrom(...views: Type<object>[]): ClassDecorator {
  return SetMetadata(READS_FROM_METADATA, views);
}
