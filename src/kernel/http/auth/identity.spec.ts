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
