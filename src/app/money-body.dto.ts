import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { IsCurrency } from '#platform/http';

/** An amount of money as it travels: integer minor units and a currency. */
export class MoneyBody {
  /** Minor units (cents), from 0. */
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Minor units (cents).', example: 1299 })
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  amount!: number;

  /** ISO 4217, three capital letters. */
  @ApiProperty({ pattern: '^[A-Z]{3}$', example: 'EUR' })
  @IsCurrency()
  currency!: string;
}
