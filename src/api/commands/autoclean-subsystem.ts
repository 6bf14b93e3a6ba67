/** The records that can be cleaned, as a parameter. */
import { AUTOCLEAN_SUBSYSTEMS, type AutocleanSubsystem } from '../../shop/invoices/autoclean.ts';
import { fieldOf, textOf } from '../rpc/field.ts';

export const subsystemField = fieldOf<AutocleanSubsystem>(
  AUTOCLEAN_SUBSYSTEMS.join('|'),
  { type: 'string', enum: AUTOCLEAN_SUBSYSTEMS },
  `should be one of ${AUTOCLEAN_SUBSYSTEMS.join(', ')}`,
  (value) => {
    const text = textOf(value);
    return AUTOCLEAN_SUBSYSTEMS.find((subsystem) => subsystem === text);
  },
);
