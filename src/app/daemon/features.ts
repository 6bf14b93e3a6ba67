/** What our invoices ask of payers. */
import { type Features, featureSet } from '../../base/types/features.ts';

/** What payers must or may use (BOLT 9, context 9). */
export const INVOICE_FEATURES: Features = featureSet({
  var_onion_optin: 'required',
  payment_secret: 'required',
  basic_mpp: 'optional',
  option_attribution_data: 'optional',
});
