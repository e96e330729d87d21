import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Probe } from './probe.js';
import { InlineReleaseProjection, InlineReleaseView, ReleaseProjection, ReleaseView } from './release-views.js';

/** What the rig adds to the program under test: a handler and two views, all of which show what took effect. */
@Module({
  imports: [TypeOrmModule.forFeature([ReleaseView, InlineReleaseView])],
  providers: [Probe, ReleaseProjection, InlineReleaseProjection],
})
export class RigModule {}
