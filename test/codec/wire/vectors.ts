/** Facts of BOLT 1: examples of BigSize (Appendix A) and of TLV streams (Appendix B). */

/** Value and bytes. */
export const BIGSIZE: readonly (readonly [bigint, string])[] = [
  [0n, '00'],
  [252n, 'fc'],
  [253n, 'fd00fd'],
  [65535n, 'fdffff'],
  [65536n, 'fe00010000'],
  [4294967295n, 'feffffffff'],
  [4294967296n, 'ff0000000100000000'],
  [18446744073709551615n, 'ffffffffffffffffff'],
];

/** Bytes that are no BigSize. */
export const NOT_BIGSIZE = [
  'fd00fc',
  'fe0000ffff',
  'ff00000000ffffffff',
  'fd00',
  'feffff',
  'ffffffffff',
  '',
  'fd',
  'fe',
  'ff',
];

/** Streams that fail whatever records are known. */
export const BAD_STREAMS = [
  'fd',
  'fd01',
  'fd000100',
  'fd0101',
  '0ffd',
  '0ffd26',
  '0ffd2602',
  '0ffd000100',
  `0ffd0201${'00'.repeat(512)}`,
  // Unknown and even.
  '1200',
  'fd010200',
  'fe0100000200',
  'ff010000000000000200',
];

/** Streams that fail for the records of the BOLT's namespace n1. */
export const BAD_N1_STREAMS = [
  '0109ffffffffffffffffff',
  '010100',
  '01020001',
  '0103000100',
  '010400010000',
  '01050001000000',
  '0106000100000000',
  '010700010000000000',
  '01080001000000000000',
  '020701010101010101',
  '0209010101010101010101',
  '0321023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb',
  '0329023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb0000000000000001',
  '0330023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb000000000000000100000000000001',
  '0331023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb0000000000000001000000000000000200',
  'fd00fe00',
  'fd00fe0101',
  'fd00fe03010101',
  '0000',
  '0208000000000000022601012a',
  '0208000000000000023102080000000000000451',
  '1f000f012a',
  '1f001f012a',
];

/** Streams that fail for the records of the BOLT's namespace n2. */
export const BAD_N2_STREAMS = ['ffffffffffffffffff000000'];

/** Streams of namespace n1 that succeed, with what they hold. */
export const GOOD_N1_STREAMS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['', {}],
  ['2100', {}],
  ['fd020100', {}],
  ['fd00fd00', {}],
  ['fd00ff00', {}],
  ['fe0200000100', {}],
  ['ff020000000000000100', {}],
  ['0100', { tlv1: 0n }],
  ['010101', { tlv1: 1n }],
  ['01020100', { tlv1: 256n }],
  ['0103010000', { tlv1: 65536n }],
  ['010401000000', { tlv1: 16777216n }],
  ['01050100000000', { tlv1: 4294967296n }],
  ['0106010000000000', { tlv1: 1099511627776n }],
  ['010701000000000000', { tlv1: 281474976710656n }],
  ['01080100000000000000', { tlv1: 72057594037927936n }],
  ['02080000000000000226', { tlv2: '0x0x550' }],
  [
    '0331023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb00000000000000010000000000000002',
    {
      tlv3: {
        point: '023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb',
        amount_msat_1: 1n,
        amount_msat_2: 2n,
      },
    },
  ],
  ['fd00fe020226', { tlv4: 550 }],
];
