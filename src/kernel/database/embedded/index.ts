export { useEmbeddedServer, type EmbeddedServer } from './embedded-server.js';
