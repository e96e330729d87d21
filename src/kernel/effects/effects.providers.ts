import { EffectRegistry } from './effect-registry.js';
import { Effects } from './effects.js';
import { ParkedEffects } from './parked-effects.js';

export const effectProviders = [Effects, EffectRegistry, ParkedEffects];
