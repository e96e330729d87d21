/** Entry point `#app`: what this business gives to the platform and to every context's controllers. */
export { AddressBody, DeliveryAddressBody } from './address-body.dto.js';
export { API_TITLE } from './api.js';
export { MoneyBody } from './money-body.dto.js';
export { ROLES, Roles, type Role } from './roles.js';
