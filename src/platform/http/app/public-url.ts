import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { HTTP_SETTINGS, type HttpSettings } from './http-settings.js';

const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

/** How clients reach us, as links in answers start: as configured, else where the server listens. No slash at the end. */
@Injectable()
export class PublicUrl {
  /** The path under which clients find us behind a proxy, such as `/api`; empty without one. Links begin with it. */
  readonly path: string;

  constructor(
    @Inject(HTTP_SETTINGS) private readonly settings: HttpSettings,
    private readonly host: HttpAdapterHost,
  ) {
    const { publicUrl } = settings.http;
    this.path = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
  }

  get value(): string {
    return publicUrlOf(this.settings, this.host.httpAdapter.getHttpServer() as Server);
  }
}

export function publicUrlOf({ http }: HttpSettings, server: Server): string {
  if (http.publicUrl !== undefined) return http.publicUrl.replace(/\/+$/, '');
  const listening = server.address() as AddressInfo | null;
  const host = ANY_ADDRESS.has(http.host) ? 'localhost' : http.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${listening?.port ?? http.port}`;
}
