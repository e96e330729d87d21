import '#app';
import { actorOf, identityOf } from './identity.js';

describe('the actor of a caller', () => {
  it.each<[string[], string]>([
    [[], 'customer'],
    [['customer'], 'customer'],
    [['support'], 'staff'],
    [['admin'], 'staff'],
    [['warehouse'], 'staff'],
    [['operator'], 'staff'],
    [['customer', 'warehouse'], 'customer'],
    [['customer', 'support'], 'staff'],
    [['service'], 'service'],
    [['admin', 'service'], 'service'],
  ])('with the roles %j is a %s, in the metadata of events and in commands alike', (roles, type) => {
    expect(actorOf({ id: 'ada', roles })).toEqual({ type, id: 'ada' });
    expect(identityOf({ sub: 'ada', roles })?.actor).toEqual({ type, id: 'ada' });
  });
});

describe('an operator of the installation', () => {
  it.each<[string | undefined, string[], string | undefined, boolean]>([
    [undefined, ['operator'], undefined, true],
    [undefined, ['admin'], undefined, true],
    ['default', ['admin'], undefined, true],
    [undefined, ['support', 'manager'], undefined, false],
    ['acme', ['admin'], undefined, false],
    ['acme', ['operator'], undefined, false],
    ['acme', ['operator'], 'acme', true],
    [undefined, ['admin'], 'acme', false],
  ])('of the tenant %s with the roles %j, where operators are of %s: %s', (tenant, roles, operatorTenant, is) => {
    expect(identityOf({ sub: 'boss', roles, tenant }, operatorTenant)?.isOperator).toBe(is);
  });
});
