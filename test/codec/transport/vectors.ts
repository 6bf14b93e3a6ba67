/** Facts of BOLT 8, Appendix A. */
export const RESPONDER_KEY = '21'.repeat(32);
export const RESPONDER_PUBLIC_KEY = '028d7500dd4c12685d1f568b4c2b5048e8534b873319f3a8daa612b469132ec7f7';
export const RESPONDER_EPHEMERAL = '22'.repeat(32);
export const INITIATOR_KEY = '11'.repeat(32);
export const INITIATOR_PUBLIC_KEY = '034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa';
export const INITIATOR_EPHEMERAL = '12'.repeat(32);

export const ACT_ONE =
  '00036360e856310ce5d294e8be33fc807077dc56ac80d95d9cd4ddbd21325eff73f70df6086551151f58b8afe6c195782c6a';
export const ACT_TWO =
  '0002466d7fcae563e5cb09a0d1870bb580344804617879a14949cf22285f1bae3f276e2470b93aac583c9ef6eafca3f730ae';
export const ACT_THREE =
  '00b9e3a702e93e3a9948c2ed6e5fd7590a6e1c3a0344cfc9d5b57357049aa22355361aa02e55a8fc28fef5bd6d71ad0c38228dc68b1c466263b47fdf31e560e139ba';

export const INITIATOR_SENDING_KEY = '969ab31b4d288cedf6218839b27a3e2140827047f2c0f01bf5c04435d43511a9';
export const INITIATOR_RECEIVING_KEY = 'bb9020b8965f4df047e07f955f3c4b88418984aadc5cdb35096b9ea8fa5c3442';
export const CHAINING_KEY = '919219dbb2920afa8db80f9a51787a840bcf111ed8d588caf9ab4be716e42b01';

/** Acts that must fail: which, with what fault, and the bytes that take its place. */
export const BAD_ACTS: readonly (readonly [1 | 2 | 3, string, string])[] = [
  [1, 'bad_version', `01${ACT_ONE.slice(2)}`],
  [1, 'bad_public_key', `0004${ACT_ONE.slice(4)}`],
  [1, 'bad_tag', `${ACT_ONE.slice(0, -1)}b`],
  [2, 'bad_version', `01${ACT_TWO.slice(2)}`],
  [2, 'bad_public_key', `0004${ACT_TWO.slice(4)}`],
  [2, 'bad_tag', `${ACT_TWO.slice(0, -1)}f`],
  [3, 'bad_version', `01${ACT_THREE.slice(2)}`],
  [3, 'bad_ciphertext', `00c9${ACT_THREE.slice(4)}`],
  [
    3,
    'bad_public_key',
    '00bfe3a702e93e3a9948c2ed6e5fd7590a6e1c3a0344cfc9d5b57357049aa2235536ad09a8ee351870c2bb7f78b754a26c6cef79a98d25139c856d7efd252c2ae73c',
  ],
  [3, 'bad_tag', `${ACT_THREE.slice(0, -1)}b`],
];

/** What "hello" is, sealed again and again, by how often it was sealed before. */
export const SEALED_HELLO: Readonly<Record<number, string>> = {
  0: 'cf2b30ddf0cf3f80e7c35a6e6730b59fe802473180f396d88a8fb0db8cbcf25d2f214cf9ea1d95',
  1: '72887022101f0b6753e0c7de21657d35a4cb2a1f5cde2650528bbc8f837d0f0d7ad833b1a256a1',
  500: '178cb9d7387190fa34db9c2d50027d21793c9bc2d40b1e14dcf30ebeeeb220f48364f7a4c68bf8',
  501: '1b186c57d44eb6de4c057c49940d79bb838a145cb528d6e8fd26dbe50a60ca2c104b56b60e45bd',
  1000: '4a2f3cc3b5e78ddb83dcb426d9863d9d9a723b0337c89dd0b005d89f8d3c05c52b76b29b740f09',
  1001: '2ecd8c8a5629d0d02ab457a0fdd0f7b90a192cd46be5ecb6ca570bfc5e268338b1a16cf4ef2d36',
};
