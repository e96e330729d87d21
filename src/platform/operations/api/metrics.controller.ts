import { Controller, Get, Header } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import { Metrics } from '../metrics/metrics.js';

/** For Prometheus, with an operator's token. */
@Controller('metrics')
@OperatorsOnly()
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @ApiProduces('text/plain')
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  show(): Promise<string> {
    return this.metrics.text();
  }
}
