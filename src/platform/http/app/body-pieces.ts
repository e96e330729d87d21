import type { IncomingMessage } from 'node:http';

/** Pieces that a body may come in: 16 bytes for each of 64 KiB, as a client sends them that writes its JSON token by token. */
const MAX_PIECES = 4_096;
/** Shorter pieces are put together, so that each costs its bytes and not an object of some hundred bytes. */
const SHORT_BYTES = 512;
const GATHERED_BYTES = 4_096;

/**
 * Bounds what the pieces of a body can take, which are as small as its client wants them (RFC 9112 §7.1): short ones are put
 * together, and where there are too many, `refuse` is called once and the rest is dropped. Node pushes each piece as it parses
 * it, whether or not a handler reads the body.
 */
export function boundPieces(request: IncomingMessage, refuse: () => void): void {
  const push = request.push.bind(request);
  let pieces = 0;
  let gathered: Buffer | undefined;
  let length = 0;
  const flush = (): void => {
    if (gathered !== undefined && length > 0) push(gathered.subarray(0, length));
    gathered = undefined;
    length = 0;
  };
  request.push = (piece: Buffer | null): boolean => {
    pieces += 1;
    if (pieces > MAX_PIECES) {
      request.push = () => false;
      refuse();
      return false;
    }
    const isShort = piece !== null && piece.length < SHORT_BYTES;
    if (!isShort || length + piece.length > GATHERED_BYTES) flush();
    if (!isShort) return push(piece);
    gathered ??= Buffer.allocUnsafe(GATHERED_BYTES);
    length += piece.copy(gathered, length);
    return true;
  };
}
