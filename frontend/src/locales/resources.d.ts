// Made by `npm run generate:locales`; do not edit.
export interface Texts {
  'catalogue': typeof import('./zh-CN/catalogue.json');
  'common': typeof import('./zh-CN/common.json');
  'exam-list': typeof import('./zh-CN/exam-list.json');
  'home': typeof import('./zh-CN/home.json');
  'me': typeof import('./zh-CN/me.json');
  'media-library': typeof import('./zh-CN/media-library.json');
  'problem.network': typeof import('./zh-CN/problem.network.json');
  'session': typeof import('./zh-CN/session.json');
  'ui': typeof import('./zh-CN/ui.json');
}
