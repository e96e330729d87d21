import { Global, Module } from '@nestjs/common';
import { Cursors } from './cursors.js';

/** What query handlers of lists need, also where nothing is served over HTTP. */
@Global()
@Module({ providers: [Cursors], exports: [Cursors] })
export class ListsModule {}
