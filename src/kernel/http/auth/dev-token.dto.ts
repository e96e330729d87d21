import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, Matches } from 'class-validator';
import { ROLES, type Role } from '../routes/route.decorators.js';

export class DevTokenBody {
  /** Whom the token speaks for; for a customer, the customer's id. */
  @ApiProperty()
  @Matches(/^[A-Za-z0-9._:@|-]{1,128}$/)
  subject!: string;

  @ApiProperty({ enum: ROLES, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(ROLES.length)
  @IsIn(ROLES, { each: true })
  roles!: Role[];

  @ApiProperty({ required: false })
  @IsOptional()
  @Matches(/^[A-Za-z0-9._-]{1,64}$/)
  tenant?: string;
}
