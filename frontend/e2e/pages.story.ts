import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { demonstration, launch, Visitor, type Width } from './browser';

/**
 * Every page of the staff side at both widths, as the person whose page it is: no console error, no serious finding of axe, nothing
 * that sticks out sideways. SHOTS=1 keeps the screenshots in docs/screenshots.
 */

interface Pages {
  as: string;
  /** Name of the screenshot and the address; an address may need an id that the API tells. */
  pages: [name: string, path: (visitor: Visitor) => Promise<string> | string][];
}

const first = (list: string, page: (id: string) => string) => async (visitor: Visitor) => {
  const { body } = await visitor.api<{ items: { id: string; person?: { id: string } }[] }>('GET', list);
  const one = body.items[0];
  return page(one?.person?.id ?? one?.id ?? 'none');
};

/** The learner's other pages are in learner-pages.story.ts. */
const learner: Pages = {
  as: 'learner',
  pages: [
    ['lesson', firstLesson],
    ['exam', first('/my-exams', (id) => `/exams/${id}`)],
  ],
};

async function firstLesson(visitor: Visitor): Promise<string> {
  const { body } = await visitor.api<{ items: { id: string }[] }>('GET', '/catalogue');
  for (const { id } of body.items) {
    const { body: course } = await visitor.api<{ chapters: { lessons: { id: string }[] }[] }>(
      'GET',
      `/catalogue/${id}`,
    );
    const lesson = course.chapters.flatMap((chapter) => chapter.lessons)[0];
    if (lesson) return `/lessons/${lesson.id}`;
  }
  return '/lessons/none';
}

const staff: Pages[] = [
  {
    as: 'trainer',
    pages: [
      ['staff-home', () => '/staff'],
      ['media', () => '/staff/media'],
      ['medium', first('/media', (id) => `/staff/media/${id}`)],
      ['authoring-courses', () => '/staff/courses'],
      ['authoring-course', first('/courses', (id) => `/staff/courses/${id}`)],
      ['banks', () => '/staff/banks'],
      ['bank', first('/banks', (id) => `/staff/banks/${id}`)],
      ['papers', () => '/staff/papers'],
      ['paper', first('/papers', (id) => `/staff/papers/${id}`)],
      ['authoring-exams', () => '/staff/exams'],
      ['authoring-exam', first('/exams?state=published', (id) => `/staff/exams/${id}`)],
    ],
  },
  { as: 'secretary', pages: [['branch-hours', () => '/staff/hours']] },
  {
    as: 'auditor',
    pages: [
      ['hours', () => '/staff/hours'],
      ['hours-person', first('/hours/people?sort=-counted', (id) => `/staff/hours/people/${id}`)],
      [
        'hours-event',
        async (visitor) => {
          const people = await visitor.api<{ items: { person: { id: string } }[] }>(
            'GET',
            '/hours/people?sort=-counted',
          );
          for (const { person } of people.body.items) {
            const { body } = await visitor.api<{ events: { id: string }[] }>(
              'GET',
              `/hours/people/${person.id}`,
            );
            if (body.events[0]) return `/staff/hours/events/${body.events[0].id}`;
          }
          return '/staff/hours/events/none';
        },
      ],
      ['policies', () => '/staff/policies'],
      ['policy', first('/policies', (id) => `/staff/policies/${id}`)],
      ['exports', () => '/staff/exports'],
      ['audit', () => '/staff/audit'],
      [
        'attempt-evidence',
        async (visitor) => {
          const exams = await visitor.api<{ items: { id: string }[] }>('GET', '/exams?state=published');
          for (const { id } of exams.body.items) {
            const { body } = await visitor.api<{ items: { id: string }[] }>(
              'GET',
              `/exams/${id}/attempts?state=graded`,
            );
            if (body.items[0]) return `/staff/attempts/${body.items[0].id}`;
          }
          return '/staff/attempts/none';
        },
      ],
    ],
  },
  {
    as: 'admin',
    pages: [
      ['people', () => '/staff/people'],
      ['person', first('/people?q=secretary', (id) => `/staff/people/${id}`)],
      ['person-rights', first('/people?q=secretary', (id) => `/staff/people/${id}/rights`)],
      ['units', () => '/staff/units'],
      ['sign-in-settings', () => '/staff/sign-in'],
      ['my-security', () => '/me/security'],
      ['imports', () => '/staff/imports'],
      ['roles', () => '/staff/roles'],
      ['role', first('/roles', (id) => `/staff/roles/${id}`)],
      ['grants', () => '/staff/grants'],
      ['integrations', () => '/staff/integrations'],
      ['privacy', () => '/staff/privacy'],
      ['erasures', () => '/staff/erasures'],
      ['erasure', first('/people?q=secretary', (id) => `/staff/people/${id}/erasure`)],
    ],
  },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  await demonstration(browser);
}, 900_000);
afterAll(() => browser.close());

async function walk(group: Pages, width: Width): Promise<void> {
  const visitor = await Visitor.at(browser, width);
  await visitor.signIn(group.as);
  const wrong: string[] = [];
  for (const [name, address] of group.pages) {
    const path = await address(visitor);
    await visitor.open(path);
    await visitor.settle();
    await visitor.shot(`${name}-${width}`);
    for (const finding of await visitor.axe()) wrong.push(`${name}: ${finding}`);
    const overflow = await visitor.overflow();
    if (overflow > 0) wrong.push(`${name}: ${overflow} px wider than the screen`);
    if (path.endsWith('/none')) wrong.push(`${name}: the demonstration has nothing to show`);
  }
  expect(wrong).toEqual([]);
  await visitor.leave();
}

describe.each(['phone', 'desk'] as const)('pages at %s width', (width) => {
  it('learner', () => walk(learner, width));
  for (const group of staff) it(group.as, () => walk(group, width));
});
