import { ApiProperty } from '@nestjs/swagger';
import { ArrayMinSize, IsArray, IsOptional, Matches } from 'class-validator';
import { IsRole } from '../validation/rules.js';

export class DevTokenBody {
  /** The subject of the token; for a customer, the customer's id. */
  @ApiProperty()
  @Matches(/^[A-Za-z0-9._:@|-]{1,128}$/)
  subject!: string;

  /** Roles of the application; each route names the roles that it accepts. */
  @ApiProperty({ type: [String] })
  @IsArray()
  @ArrayMinSize(1)
  @IsRole({ each: true })
  roles!: string[];

  @ApiProperty({ required: false })
  @IsOptional()
  @Matches(/^[A-Za-z0-9._-]{1,64}$/)
  tenant?: string;
}
