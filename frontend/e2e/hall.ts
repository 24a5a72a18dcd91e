import { expect } from 'vitest';
import { edition, Visitor } from './browser';
import type { Browser } from 'playwright-core';

/** An exam hall for the stories: a learner of their own and a short exam, made through the API. */

export interface Id {
  id: string;
}

export async function made<T = Id>(visitor: Visitor, path: string, data?: unknown): Promise<T> {
  const { status, body } = await visitor.api<T>('POST', path, data);
  expect(status, `POST ${path}: ${JSON.stringify(body)}`).toBeLessThan(300);
  return body;
}

export const hallPassword = 'zhixing-e2e-口令';

/** An activist of some branch who has signed in with a password of his own; his id. */
export async function makeLearner(browser: Browser, number: string, name: string): Promise<string> {
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin', '/staff/people');
  const units = await admin.api<{ items: (Id & { kind: string })[] }>('GET', '/units?tree=party');
  const branch = units.body.items.find((unit) => unit.kind === 'branch')!;
  const { items } = await made<{ items: Id[] }>(admin, '/people', {
    people: [
      {
        number,
        name,
        kind: 'student',
        party_unit_id: branch.id,
        stage: 'activist',
        from: '2026-01-01',
        password: hallPassword,
      },
    ],
  });
  await admin.leave();
  return items[0]!.id;
}

export const stems = [
  '中国共产党的根本宗旨是什么？',
  '党的最高领导机关是什么？',
  '预备党员的预备期为多长时间？',
];
export const options = [
  ['全心全意为人民服务', '为少数人服务', '发展经济', '扩大组织'],
  ['党的全国代表大会和它所产生的中央委员会', '党的地方委员会', '党的基层委员会', '党支部'],
  ['半年', '一年', '两年', '三年'],
];

/** An exam of three questions of 4 points; the third is published with a wrong key: half a year. */
export async function makeExam(trainer: Visitor, title: string, seconds: number): Promise<string> {
  const bank = await made(trainer, '/banks', { name: `${title}题库 ${edition}` });
  const items: { question_id: string; points_milli: number }[] = [];
  for (const [index, stem] of stems.entries()) {
    const question = await made(trainer, `/banks/${bank.id}/questions`, {
      kind: 'single',
      stem,
      options: options[index]!.map((text, at) => ({ id: 'ABCD'[at], text })),
      key: ['A'],
      points_milli: 4000,
      difficulty: 2,
      source: '《中国共产党章程》',
    });
    items.push({ question_id: question.id, points_milli: 4000 });
  }
  const paper = await made(trainer, '/papers', { title: `${title}试卷 ${edition}`, items });
  const now = Date.now();
  const exam = await made(trainer, '/exams', {
    title: `${title} ${edition}`,
    paper_id: paper.id,
    opens_at: new Date(now - 60_000).toISOString(),
    closes_at: new Date(now + seconds * 1000).toISOString(),
    duration_s: 1800,
    pass_mark_milli: 8000,
    attempts_allowed: 1,
    shuffle_questions: false,
    shuffle_options: true,
    audience: {},
    review: 'after_submit',
    hours_centi: 50,
  });
  await made(trainer, `/exams/${exam.id}/publish`);
  return exam.id;
}
