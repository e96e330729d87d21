/** Entry point `#shared`: pure values that every context counts and names things with. */
export {
  ADDRESS_LIMITS,
  completeAddress,
  completeDeliveryAddress,
  type Address,
  type BillingAddress,
  type DeliveryAddress,
} from './address.js';
export { isCurrency, isCurrencyOn, withdrawnIn } from './currency.js';
export { CUSTOMER_ID_PATTERN } from './customer-id.js';
export { formatMoney, type MoneyJson } from './money.js';
export { normalised } from './normalised.js';
export { isOrderNumber, orderNumber } from './order-number.js';
export { isQuantity } from './quantity.js';
export { AmountTooLarge, addSafely, allocateByLargestRemainder, multiplySafely, percentOf } from './rounding.js';
export { searchConditions, searchText } from './search-text.js';
export { SKU_PATTERN, isSku } from './sku.js';
