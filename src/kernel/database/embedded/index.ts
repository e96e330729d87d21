export { useEmbeddedServer, type EmbeddedServer } from './embedded-server.js';
export { examineBinaries } from './examine-binaries.js';
