import { MessageContext, messageContext } from './message-context.js';

describe('the context of a message', () => {
  it('is the system’s own where nobody set one', () => {
    const context = messageContext.current();
    expect(context).toMatchObject({
      tenant: 'default',
      actor: { type: 'system', id: 'waybill' },
      principal: { id: 'waybill', roles: [] },
      causationDepth: 0,
      imported: false,
    });
    expect(context.correlationId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('follows the work through whatever it awaits, and stays apart from others', async () => {
    const work = async (): Promise<string> => {
      await new Promise((resolve) => setImmediate(resolve));
      return messageContext.current().tenant;
    };
    const tenants = ['a', 'b', 'c'].map((tenant) => messageContext.run(new MessageContext({ tenant }), work));
    expect(await Promise.all(tenants)).toEqual(['a', 'b', 'c']);
  });

  it('can be the same but for the key, for a step before the keyed command', () => {
    const idempotency = { key: 'k', operation: 'o', fingerprint: 'f' };
    const actor = { type: 'customer', id: 'ada' } as const;
    const outer = new MessageContext({ tenant: 't', actor, causationDepth: 3, idempotency });
    const inner = messageContext.run(outer, () => messageContext.withoutKey(() => messageContext.current()));
    expect(inner.idempotency).toBeUndefined();
    expect(Object.assign(inner, { idempotency, outcome: outer.outcome })).toEqual(outer);
  });
});
