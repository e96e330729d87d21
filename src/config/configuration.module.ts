import { Module, type DynamicModule } from '@nestjs/common';
import type { Configuration } from './configuration.js';

/** Injection token of the frozen configuration: `@Inject(CONFIGURATION) configuration: Configuration`. */
export const CONFIGURATION = Symbol('CONFIGURATION');

@Module({})
export class ConfigurationModule {
  /** Makes one configuration available everywhere in the application. */
  static of(configuration: Configuration): DynamicModule {
    const provider = { provide: CONFIGURATION, useValue: configuration };
    return { module: ConfigurationModule, global: true, providers: [provider], exports: [provider] };
  }
}
