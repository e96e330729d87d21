import type { ApiTitle } from '#platform/http';

/** What the API calls itself, in its OpenAPI document and at `/docs`. */
export const API_TITLE: ApiTitle = {
  title: 'Waybill',
  description: 'Order management that never loses or doubles an order.',
  version: '1',
};
