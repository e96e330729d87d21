import type { Provider } from '@nestjs/common';
import { COMMIT_CONTRIBUTORS } from '../commands/commands.tokens.js';
import { InlineProjections } from './inline-projections.js';
import { ProjectionRebuild } from './projection-rebuild.js';
import { ProjectionRegistry } from './projection-registry.js';

export const projectionProviders: Provider[] = [
  ProjectionRegistry,
  ProjectionRebuild,
  InlineProjections,
  { provide: COMMIT_CONTRIBUTORS, useFactory: (inline: InlineProjections) => [inline], inject: [InlineProjections] },
];
