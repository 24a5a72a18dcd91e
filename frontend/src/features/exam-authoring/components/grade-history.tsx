import { Card, Section } from '@/components/ui/card';
import { Tag } from '@/components/ui/tag';
import { formatPoints } from '@/lib/hours';
import { sorted } from '@/lib/sorted';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import type { Evidence } from '../api/exams';
import { ScrollRegion } from './scroll-region';

/** Every grade an attempt was given, with who had it graded again and why. */
export function GradeHistory({ grades }: { grades: Evidence['grades'] }) {
  const t = useT('exam-amend', 'exam-authoring');
  if (grades.length < 2) return null;
  return (
    <Section title={t('exam-amend:grades.section')}>
      <Card pad={false}>
        <ScrollRegion label={t('exam-amend:grades.section')}>
          <table>
            <thead>
              <tr>
                <th>{t('exam-amend:grades.version')}</th>
                <th>{t('exam-authoring:result.score')}</th>
                <th>{t('exam-authoring:result.passed')}</th>
                <th>{t('exam-amend:grades.cause')}</th>
                <th>{t('exam-amend:grades.by')}</th>
                <th>{t('exam-amend:grades.at')}</th>
              </tr>
            </thead>
            <tbody>
              {sorted(grades, (a, b) => b.version - a.version).map((grade) => (
                <tr key={grade.version} data-testid="grade">
                  <td className="num">{grade.version}</td>
                  <td className="num nowrap">
                    {formatPoints(grade.score_milli)} / {formatPoints(grade.total_milli)}
                  </td>
                  <td>
                    <Tag tone={grade.passed ? 'ok' : 'accent'}>
                      {t(grade.passed ? 'exam-authoring:result.yes' : 'exam-authoring:result.no')}
                    </Tag>
                  </td>
                  <td>
                    {t(`exam-amend:grades.causes.${grade.cause}`)}
                    {grade.reason && <div className="xs">{grade.reason}</div>}
                  </td>
                  <td className="nowrap">{grade.by || '—'}</td>
                  <td className="num nowrap">{stamp(grade.at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      </Card>
    </Section>
  );
}
