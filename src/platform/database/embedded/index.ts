export { useEmbeddedServer, type EmbeddedServer } from './embedded-server.js';
export { DataDirRefused, missingFolders } from './data-dir.js';
export { examineBinaries } from './examine-binaries.js';
