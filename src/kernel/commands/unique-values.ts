import { Injectable } from '@nestjs/common';
import { UnitOfWork, type UniqueValueClaim } from './unit-of-work.js';

/** Uniqueness over aggregates, such as a number that another system gave. */
@Injectable()
export class UniqueValues {
  /** Claims a value in the commit of the command. The commit answers with the claim's refusal if it is taken. */
  claim(claim: UniqueValueClaim): void {
    UnitOfWork.required(`Claiming ${claim.scope}`).claimUnique(claim);
  }
}
