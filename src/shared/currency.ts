/** Active ISO 4217 currencies, grouped by exponent: how many decimal digits the minor unit has. */
const CODES_BY_EXPONENT: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY ' +
    'COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS ' +
    'INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR ' +
    'MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP ' +
    'STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/**
 * Withdrawn ISO 4217 currencies (list three) by exponent, each with the month in which it was withdrawn. Where the list
 * has several, the last one; `ANG` stayed legal tender for three months more. Those withdrawn before 1990, and codes
 * without a settled minor unit, are left out.
 * Exponents are those of the standard while the currency was in use: amounts of `ITL` are whole lire.
 */
const WITHDRAWN_BY_EXPONENT: Readonly<Record<number, string>> = {
  0:
    'ADP:2003-07 BEF:2002-03 BYB:2001-01 BYR:2017-01 ESP:2002-03 GRD:2002-03 ITL:2002-03 LUF:2002-03 MGF:2004-12 ' +
    'PTE:2002-03 ROL:2005-06 TPE:2002-11 TRL:2005-12',
  2:
    'AFA:2003-01 ANG:2025-06 AOK:1991-03 AON:2000-02 AOR:2000-02 ARA:1992-01 ATS:2002-03 AYM:2005-10 AZM:2005-12 BAD:1998-07 ' +
    'BGL:2003-11 BGN:2026-01 BRE:1993-03 BRN:1990-03 BRR:1994-07 BUK:1990-02 CHC:2004-11 CSD:2006-10 CSK:1993-03 ' +
    'CUC:2021-06 CYP:2008-01 DDM:1990-09 DEM:2002-03 ECS:2000-09 EEK:2011-01 FIM:2002-03 FRF:2002-03 GEK:1995-10 ' +
    'GHC:2008-01 GHP:2007-06 GWP:1997-05 HRD:1995-01 HRK:2023-01 IEP:2002-03 LTL:2014-12 LTT:1993-07 LVL:2014-01 ' +
    'LVR:1994-12 MRO:2017-12 MTL:2008-01 MXP:1993-01 MZM:2006-06 NIC:1990-10 NLG:2002-03 PEI:1991-07 PLZ:1997-01 ' +
    'RUR:2004-01 SDD:2007-07 SDP:1998-06 SIT:2007-01 SKK:2009-01 SLL:2023-12 SRG:2003-12 STD:2017-12 SUR:1990-12 ' +
    'TJR:2001-04 TMM:2009-01 UAK:1996-09 USS:2014-03 UYP:1993-03 VEB:2008-01 VEF:2018-08 XEU:1999-01 YUD:1990-01 ' +
    'YUM:2003-07 YUN:1995-11 ZAL:1995-03 ZMK:2012-12 ZRN:1999-06 ZRZ:1994-02 ZWD:2008-08 ZWL:2024-09 ZWN:2006-09 ' +
    'ZWR:2009-06',
};

/** What is known of a currency. */
interface CurrencyEntry {
  readonly exponent: number;
  /** `YYYY-MM`; undefined while it is in use. */
  readonly withdrawnIn: string | undefined;
}

const CURRENCIES: ReadonlyMap<string, CurrencyEntry> = new Map(
  [CODES_BY_EXPONENT, WITHDRAWN_BY_EXPONENT].flatMap(entriesOf),
);

function entriesOf(byExponent: Readonly<Record<number, string>>): [code: string, CurrencyEntry][] {
  return Object.entries(byExponent).flatMap(([exponent, codes]) =>
    codes.split(' ').map((entry): [string, CurrencyEntry] => {
      const [code, month] = entry.split(':');
      return [code!, { exponent: Number(exponent), withdrawnIn: month }];
    }),
  );
}

/** Whether a text is an active ISO 4217 code in capitals. Money in an unknown currency has no known minor unit. */
export function isCurrency(code: unknown): code is string {
  return typeof code === 'string' && CURRENCIES.has(code) && withdrawnIn(code) === undefined;
}

/**
 * Whether a text is an ISO 4217 code in capitals that was in use on a day: also one withdrawn since, up to the end of
 * the month of its withdrawal.
 *
 * @param day `YYYY-MM-DD`, or a time that begins so.
 */
export function isCurrencyOn(code: unknown, day: string): boolean {
  if (typeof code !== 'string' || !CURRENCIES.has(code)) return false;
  const month = withdrawnIn(code);
  return month === undefined || day.slice(0, month.length) <= month;
}

/** The month (`YYYY-MM`) in which a currency was withdrawn; undefined for one in use, and for what is none. */
export function withdrawnIn(code: string): string | undefined {
  return CURRENCIES.get(code)?.withdrawnIn;
}

/**
 * Decimal digits of a currency's minor unit: JPY 0, EUR 2, KWD 3. Withdrawn currencies keep theirs.
 *
 * @throws RangeError for anything that is no ISO 4217 code.
 */
export function exponentOf(code: string): number {
  const currency = CURRENCIES.get(code);
  if (currency === undefined) throw new RangeError(`${code} is no currency of ISO 4217. Use a code such as EUR.`);
  return currency.exponent;
}
