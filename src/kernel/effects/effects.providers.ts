import { EffectRegistry } from './effect-registry.js';
import { Effects } from './effects.js';
import { StoredEffects } from './stored-effects.js';

export const effectProviders = [Effects, EffectRegistry, StoredEffects];
