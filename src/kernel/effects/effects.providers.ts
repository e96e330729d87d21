import { EffectRegistry } from './effect-registry.js';
import { Effects } from './effects.js';
import { DeadLetteredEffects } from './dead-lettered-effects.js';

export const effectProviders = [Effects, EffectRegistry, DeadLetteredEffects];
