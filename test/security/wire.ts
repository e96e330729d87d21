import { connect, type Socket } from 'node:net';

/** A bare connection; what comes back is read or, where a spec says so, left in the socket. */
export class Wire {
  text = '';

  private constructor(readonly socket: Socket) {
    // A server that closes on whoever misbehaves is right.
    socket.on('error', () => undefined);
  }

  static open(port: number, { reads = true } = {}): Promise<Wire> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(wire));
      const wire = new Wire(socket);
      if (reads) socket.on('data', (data) => (wire.text += data.toString('latin1')));
      else socket.pause();
    });
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }
}
