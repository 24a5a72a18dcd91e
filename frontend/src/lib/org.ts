/** Stages of domain/org in their legal order. */
export const stages = [
  'masses',
  'applicant',
  'activist',
  'development_target',
  'probationary_member',
  'member',
] as const;
export type Stage = (typeof stages)[number];

/** Cadre ranks of domain/org, lowest first. */
export const ranks = [
  'section_deputy',
  'section_head',
  'division_deputy',
  'division_head',
  'bureau_deputy',
  'bureau_head',
] as const;
export type Rank = (typeof ranks)[number];

export const personKinds = ['staff', 'student'] as const;
export type PersonKind = (typeof personKinds)[number];

/** With a stage and a rank that are known here, empty when none holds today. */
export type Placed<T extends { stage: string; rank: string }> = Omit<T, 'stage' | 'rank'> & {
  stage: Stage | '';
  rank: Rank | '';
};

export const isStage = (text: string): text is Stage => (stages as readonly string[]).includes(text);
export const isRank = (text: string): text is Rank => (ranks as readonly string[]).includes(text);

/** Statuses of domain/org. */
export const statuses = ['active', 'on_leave', 'suspended', 'retired', 'left', 'deceased'] as const;

/** Posts of domain/org. */
export const posts = [
  'secretary',
  'deputy_secretary',
  'organisation',
  'publicity',
  'discipline',
  'committee_member',
  'leadership',
  'class_manager',
  'other',
] as const;
