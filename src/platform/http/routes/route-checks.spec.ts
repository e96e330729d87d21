import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { IsInt, ValidateNested } from 'class-validator';
import { HttpApp } from '../../testing/http-app.js';
import { Changes, MayRespondAsync, Public, Roles } from './route.decorators.js';

interface Shape {
  readonly name: string;
}

class Empty {
  name!: string;
}

class Untyped {
  @ValidateNested() inner!: object;
}

class Sound {
  @IsInt() n!: number;
}

@Controller('a')
class OpenToNobodySaid {
  @Get() find(): void {}
}

@Controller('b')
@Public()
class TakesAnything {
  @Post('interface') one(@Body() _body: Shape): void {}
  @Post('inline') two(@Body() _body: { name: string }): void {}
  @Post('any') three(@Body() _body: unknown): void {}
  @Post('empty') four(@Body() _body: Empty): void {}
  @Post('untyped') five(@Body() _body: Untyped): void {}
  @Post('field') six(@Body('name') _name: string): void {}
  @Get('query') seven(@Query('q') _q: string): void {}
  @Get('path/:id') eight(@Param('id') _id: string): void {}
}

@Controller('c')
@Roles('support')
class InOrder {
  @Post() take(@Body() _body: Sound): void {}
}

@Controller('d')
@Roles('support')
class MakesNothingLater {
  @Post() @Changes() @MayRespondAsync('thing') change(@Body() _body: Sound): void {}
}

const textOf = (...controllers: Parameters<typeof HttpApp.with>[0]): Promise<string> =>
  HttpApp.with(controllers).then(
    ({ app }) => app.close().then(() => 'started'),
    (error: Error) => error.message,
  );

describe('the start', () => {
  it('is refused by a route that says not who may call it', async () => {
    expect(await textOf(OpenToNobodySaid)).toContain('GET /a (OpenToNobodySaid.find) has no roles. Add @Roles(');
  });

  it('is refused by routes that take input which nothing checks, all of them at once', async () => {
    const text = await textOf(TakesAnything, OpenToNobodySaid);
    for (const method of ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'])
      expect(text).toContain(`TakesAnything.${method})`);
    expect(text).toContain('OpenToNobodySaid.find');
  });

  it('is refused by a route that would answer later and makes nothing', async () => {
    expect(await textOf(MakesNothingLater)).toContain(
      'POST /d (MakesNothingLater.change) has @MayRespondAsync, which is for POST routes with @Creates',
    );
  });

  it('goes on when every route is in order', async () => {
    expect(await textOf(InOrder)).toBe('started');
  });
});
