import { Inject, Injectable } from '@nestjs/common';
import { HTTP_SETTINGS, type HttpSettings } from '../app/http-settings.js';
import { ProblemError } from '../problems/problem-error.js';

/** A name has at most 253 characters (RFC 1035); a longer text would only cost time. */
const MAX_URL_LENGTH = 300;

/** Under which names one's own machine is reached; no name server decides where they lead. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * With AUTH_MODE=dev whoever reaches the server gets a token of any role. The same-origin policy keeps web pages from that,
 * until a page's own name is made to lead to 127.0.0.1 (DNS rebinding). Its browser then still sends that name as Host, so
 * requests are answered only under names that are the server's own.
 */
@Injectable()
export class DevHosts {
  /** Undefined: tokens are issued elsewhere, and the name doesn't matter. */
  readonly #known: ReadonlySet<string> | undefined;

  constructor(@Inject(HTTP_SETTINGS) { auth, http }: HttpSettings) {
    if (auth.mode !== 'dev') return;
    const configured = [http.publicUrl, `http://${http.host.includes(':') ? `[${http.host}]` : http.host}`];
    this.#known = new Set([...LOOPBACK, ...configured.flatMap((url) => hostnameOf(url) ?? [])]);
  }

  /** @throws ProblemError `host-not-allowed`. A request without Host (HTTP/1.0) comes from no browser. */
  assertKnown(host: string | undefined): void {
    if (this.#known === undefined || host === undefined) return;
    const name = hostnameOf(`http://${host}`);
    if (name !== undefined && this.#known.has(name)) return;
    throw new ProblemError(
      'host-not-allowed',
      'Host not allowed. With AUTH_MODE=dev use localhost, or set PUBLIC_URL.',
    );
  }
}

/** Lower-case, without port; undefined for text that can't be a host. */
function hostnameOf(url: string | undefined): string | undefined {
  return url !== undefined && url.length <= MAX_URL_LENGTH && URL.canParse(url) ? new URL(url).hostname : undefined;
}
