import { ApiProperty } from '@nestjs/swagger';
import type { ExactSum } from '../views/exact-sum.js';

/** A sum over orders, which may be longer than a JSON number holds exactly. */
const Sum = (): PropertyDecorator =>
  ApiProperty({
    oneOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?[0-9]+$' }],
    description:
      'An integer; above 9007199254740991, the largest that JSON numbers represent exactly, a string of its digits.',
  });

/** Sales of one period in one currency; amounts in its minor units. */
export class SalesOfPeriodBody {
  /** `1997-01` by month, `1997-01-31` by day. */
  period!: string;
  currency!: string;
  orders!: number;
  @Sum()
  units!: ExactSum;

  @Sum()
  gross!: ExactSum;

  @Sum()
  discount!: ExactSum;

  @Sum()
  net!: ExactSum;

  @Sum()
  shipping!: ExactSum;
}

/** A product among those that sold best in one currency. */
export class TopProductBody {
  sku!: string;
  /** As it was called when it was last sold. */
  name!: string;
  currency!: string;
  @Sum()
  quantity!: ExactSum;

  /** Minor units, after discounts. */
  @Sum()
  net!: ExactSum;
}

/** A customer among those who bought most in one currency. */
export class TopCustomerBody {
  customerId!: string;
  name!: string | null;
  currency!: string;
  orders!: number;
  @Sum()
  quantity!: ExactSum;

  /** Minor units, after discounts, without shipping. */
  @Sum()
  net!: ExactSum;
}

export class SalesReportBody {
  @ApiProperty({ type: [SalesOfPeriodBody] })
  data!: readonly SalesOfPeriodBody[];
}

export class TopProductsBody {
  @ApiProperty({ type: [TopProductBody] })
  data!: readonly TopProductBody[];
}

export class TopCustomersBody {
  @ApiProperty({ type: [TopCustomerBody] })
  data!: readonly TopCustomerBody[];
}
