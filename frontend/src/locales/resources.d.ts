// Made by `npm run generate:locales`; do not edit.
export interface Texts {
  'audience': typeof import('./zh-CN/audience.json');
  'audit-trail': typeof import('./zh-CN/audit-trail.json');
  'catalogue': typeof import('./zh-CN/catalogue.json');
  'common': typeof import('./zh-CN/common.json');
  'course-authoring': typeof import('./zh-CN/course-authoring.json');
  'course-player': typeof import('./zh-CN/course-player.json');
  'exam-amend': typeof import('./zh-CN/exam-amend.json');
  'exam-authoring': typeof import('./zh-CN/exam-authoring.json');
  'exam-list': typeof import('./zh-CN/exam-list.json');
  'exam-taking': typeof import('./zh-CN/exam-taking.json');
  'exports': typeof import('./zh-CN/exports.json');
  'home': typeof import('./zh-CN/home.json');
  'hour-batches': typeof import('./zh-CN/hour-batches.json');
  'hours': typeof import('./zh-CN/hours.json');
  'hours-policy': typeof import('./zh-CN/hours-policy.json');
  'hours-review': typeof import('./zh-CN/hours-review.json');
  'integrations': typeof import('./zh-CN/integrations.json');
  'me': typeof import('./zh-CN/me.json');
  'media-library': typeof import('./zh-CN/media-library.json');
  'papers': typeof import('./zh-CN/papers.json');
  'people': typeof import('./zh-CN/people.json');
  'people-import': typeof import('./zh-CN/people-import.json');
  'privacy': typeof import('./zh-CN/privacy.json');
  'problem.network': typeof import('./zh-CN/problem.network.json');
  'question-bank': typeof import('./zh-CN/question-bank.json');
  'rights': typeof import('./zh-CN/rights.json');
  'security': typeof import('./zh-CN/security.json');
  'session': typeof import('./zh-CN/session.json');
  'sign-in-settings': typeof import('./zh-CN/sign-in-settings.json');
  'staff-home': typeof import('./zh-CN/staff-home.json');
  'step-up': typeof import('./zh-CN/step-up.json');
  'ui': typeof import('./zh-CN/ui.json');
  'units': typeof import('./zh-CN/units.json');
}
