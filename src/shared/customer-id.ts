/** The format of a customer's id: 1 to 128 of letters, digits and `. _ : @ | -`, as identity providers make subjects. */
export const CUSTOMER_ID_PATTERN = /^[A-Za-z0-9._:@|-]{1,128}$/;
