import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';
import { requestStateOf } from '../../http/request/request-state.js';

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const MS_PER_SECOND = 1_000;

/** How long requests take, by route and status. What finds no route has none: a path from outside is never a label. */
export class HttpMetrics {
  readonly #durations: Histogram<'method' | 'route' | 'status'>;

  constructor(registry: Registry) {
    this.#durations = new Histogram({
      name: 'waybill_http_request_duration_seconds',
      help: 'From the head of a request to the end of its answer, by route template and status.',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers: [registry],
    });
  }

  install(server: FastifyInstance): void {
    server.addHook('onResponse', (request, reply, done) => {
      const { route } = requestStateOf(request);
      const labels = { method: route?.method ?? 'none', route: route?.template ?? 'none', status: reply.statusCode };
      this.#durations.observe(labels, reply.elapsedTime / MS_PER_SECOND);
      done();
    });
  }
}
