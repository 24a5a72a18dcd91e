/** The permissions of domain/org/permission.go that pages ask for. The server decides; pages only hide what would fail. */
export const permissions = {
  staff: {
    media: 'media:manage',
    courses: 'course:author',
    questions: 'question:author',
    exams: 'exam:author',
    results: 'exam:results',
    evidence: 'exam:evidence',
    amend: 'exam:amend',
    approve: 'exam:approve',
    hours: 'hours:read',
    hoursFile: 'hours:file',
    hoursAudit: 'hours:audit',
    hoursAdjust: 'hours:adjust',
    policies: 'hours:policy',
    people: 'people:read',
    peopleManage: 'people:manage',
    units: 'unit:manage',
    grants: 'grant:manage',
    audit: 'audit:read',
    system: 'system:manage',
  },
} as const;
