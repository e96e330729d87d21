import { HttpApp } from '../../testing/http-app.js';
import { ProblemsController } from '../problems/problems.controller.js';
import { DocsController } from './docs.controller.js';

let http: HttpApp;

beforeAll(async () => void (http = await HttpApp.with([])));
afterAll(() => http.app.close());

describe('what is the same for every caller', () => {
  it.each<[string, () => unknown]>([
    ['the OpenAPI document', () => http.app.get(DocsController).document()],
    ['the script of the documentation', () => http.app.get(DocsController).script()],
    ['its style sheet', () => http.app.get(DocsController).style()],
    ['the list of problems', () => http.app.get(ProblemsController).list()],
    ['the page of a problem', () => http.app.get(ProblemsController).one('not-found')],
  ])('is made once, and all answers share its bytes: %s', async (_what, answer) => {
    const [first, second] = [await answer(), await answer()];
    expect(first).toBeInstanceOf(Buffer);
    expect(second).toBe(first);
  });

  it.each([
    ['/openapi.json', 'application/json; charset=utf-8'],
    ['/problems', 'application/json; charset=utf-8'],
    ['/problems/not-found', 'application/json; charset=utf-8'],
    ['/docs', 'text/html; charset=utf-8'],
    ['/docs/start.js', 'text/javascript; charset=utf-8'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['/docs/swagger-ui.css', 'text/css; charset=utf-8'],
    ['/docs/favicon-32x32.png', 'image/png'],
  ])('has its length and type: %s', async (path, type) => {
    const { status, headers } = await http.send('GET', path);
    expect([status, headers['content-type']]).toEqual([200, type]);
    expect(Number(headers['content-length'])).toBeGreaterThan(0);
    expect(headers['transfer-encoding']).toBeUndefined();
  });
});

describe('the documentation page', () => {
  it('may not be framed, and runs no script but its own', async () => {
    const { headers, text } = await http.send('GET', '/docs');
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(headers['x-frame-options']).toBe('DENY');
    expect(text).not.toMatch(/<script>|<style|https?:|\son\w+=/);
  });
});
