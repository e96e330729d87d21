export { useEmbeddedServer, type EmbeddedServer } from './embedded-server.js';
export { EmbeddedServerRefused } from './server.js';
export { NoBinaries } from './binaries.js';
