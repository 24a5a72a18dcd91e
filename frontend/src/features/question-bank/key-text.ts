import type { Say } from '@/lib/t';
import type { Content } from './api/banks';

/** The right answer in short: "A、C", or 正确 / 错误. `t` holds question-bank. */
export function keyText(question: Pick<Content, 'kind' | 'key'>, t: Say): string {
  if (question.kind !== 'judgement') return question.key.join('、');
  return question.key[0] === 'true' ? t('question-bank:right') : t('question-bank:wrong');
}
