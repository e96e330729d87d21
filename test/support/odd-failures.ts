const refusedByNeighbour = (): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) });

/** How careless code fails, by title; and a part of what is then said of it. */
export const ODD_FAILURES: Readonly<Record<string, { readonly fail: () => Promise<never>; readonly said: string }>> = {
  'rejects with nothing': { fail: () => Promise.reject(), said: 'undefined' },
  'throws null': { fail: () => Promise.reject(null), said: 'null' },
  'throws an object without a text': { fail: () => Promise.reject(Object.create(null)), said: 'no text' },
  'throws an error whose message is no text': {
    fail: () => Promise.reject(Object.assign(new Error(), { message: { a: 1 } })),
    said: '[object Object]',
  },
  'calls a host that is down': { fail: () => Promise.reject(refusedByNeighbour()), said: 'fetch failed' },
};
