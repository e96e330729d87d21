import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Public } from '../routes/route.decorators.js';
import { DevTokenBody } from './dev-token.dto.js';
import { DevTokens } from './dev-tokens.js';

/** Hands a token to anyone who asks. Part of the application only with `AUTH_MODE=dev`. */
@Controller('v1/dev/tokens')
@Public()
export class DevTokensController {
  constructor(private readonly tokens: DevTokens) {}

  @Post()
  @HttpCode(201)
  async issue(@Body() body: DevTokenBody): Promise<{ token: string }> {
    return {
      token: await this.tokens.issue({ subject: body.subject, roles: body.roles, tenant: body.tenant ?? undefined }),
    };
  }
}
