import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Projection } from '#kernel';
import { On } from '#kernel/domain';
import {
  DeliverySet,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
  OrderDiscarded,
  OrderPlaced,
  OrderStarted,
} from '#ordering/contracts';

/** Which release of the program this process is; each fills its views in another way. */
const RELEASE = Number(process.env['RIG_RELEASE'] ?? 1);

/** A row per order: the release that folded each of its events, in their order. */
abstract class ReleaseRow {
  @PrimaryColumn('text') orderId!: string;
  @Column('text') releases!: string;
}
@Entity({ schema: 'rig', name: 'releases' })
export class ReleaseView extends ReleaseRow {}
@Entity({ schema: 'rig', name: 'inline_releases' })
export class InlineReleaseView extends ReleaseRow {
  /** Kept by the kernel. */
  @Column('int') version?: number;
}

type Row = ReleaseRow | undefined;
const after = (row: Row, { orderId }: { readonly orderId: string }): ReleaseRow => ({
  orderId,
  releases: `${row?.releases ?? ''} ${RELEASE}`,
});

abstract class Releases {
  @On(OrderStarted)
  started(row: Row, event: OrderStarted): ReleaseRow {
    return after(row, event);
  }

  @On(LineAdded)
  lineAdded(row: Row, event: LineAdded): ReleaseRow {
    return after(row, event);
  }

  @On(LineQuantityChanged)
  lineQuantityChanged(row: Row, event: LineQuantityChanged): ReleaseRow {
    return after(row, event);
  }

  @On(LineRemoved)
  lineRemoved(row: Row, event: LineRemoved): ReleaseRow {
    return after(row, event);
  }

  @On(DeliverySet)
  deliverySet(row: Row, event: DeliverySet): ReleaseRow {
    return after(row, event);
  }

  @On(OrderPlaced)
  placed(row: Row, event: OrderPlaced): ReleaseRow {
    return after(row, event);
  }

  @On(OrderDiscarded)
  discarded(row: Row, event: OrderDiscarded): ReleaseRow {
    return after(row, event);
  }
}

/** A view whose code changes with each release: rows that two releases have folded can be told. */
@Projection({ name: 'rig.releases', version: RELEASE, mode: 'async', view: ReleaseView })
export class ReleaseProjection extends Releases {}

/** The same, in the commit of each command. */
@Projection({
  name: 'rig.inline-releases',
  version: RELEASE,
  mode: 'inline',
  stream: 'ordering.order',
  view: InlineReleaseView,
})
export class InlineReleaseProjection extends Releases {}
