/** One step of the schema. A migration that has been released is never edited: what it got wrong, a later one mends. */
export interface Migration {
  /** 1, 2, 3 ...: the schema's version once it has run. */
  readonly version: number;
  /** What it brings, for people. */
  readonly name: string;
  /** Run in order, in one transaction with the new version. */
  readonly statements: readonly string[];
}
