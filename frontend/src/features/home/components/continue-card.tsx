import { useQuery } from '@tanstack/react-query';
import { Bar } from '@/components/ui/bar';
import { ButtonLink } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { StateView } from '@/components/ui/state-view';
import { Thumb } from '@/components/ui/thumb';
import { continueQuery, type Continue } from '@/lib/data/catalogue';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { minutesLeft, playTime } from '@/lib/time';
import styles from '../home.module.css';

/** What next: the lesson that was left, at the second it was left. */
export function ContinueCard() {
  const t = useT('home', 'common');
  const query = useQuery(continueQuery);
  return (
    <Section title={t('home:continue.title')}>
      <Card pad={false}>
        <StateView
          query={query}
          compact
          isEmpty={(next) => next === null}
          empty={
            <div className={styles.none}>
              <div className="grow">
                <div style={{ fontWeight: 500 }}>{t('home:continue.none')}</div>
                <div className="s">{t('home:continue.noneHint')}</div>
              </div>
              <ButtonLink kind="primary" to={paths.courses()}>
                {t('home:continue.browse')}
              </ButtonLink>
            </div>
          }
        >
          {(next) => next && <Next next={next} />}
        </StateView>
      </Card>
    </Section>
  );
}

function Next({ next }: { next: Continue }) {
  const t = useT('home', 'common');
  const at = playTime(next.resume_ms);
  const started = next.resume_ms > 0;
  const left = minutesLeft(next.duration_ms - next.resume_ms);
  const where = [
    t('home:continue.left', { count: left }),
    next.course_title,
    next.chapter_number > 0 && t('home:continue.chapter', { number: next.chapter_number }),
  ].filter(Boolean);
  return (
    <div className={styles.continue}>
      <div className="row">
        <Thumb src={next.poster_url} time={started ? at : playTime(next.duration_ms)} />
        <div className="grow">
          <div className="clamp2" style={{ fontWeight: 500 }}>
            {next.lesson_title}
          </div>
          <div className="s">
            <span className={styles.line}>{where.join(' · ')}</span>
          </div>
          <div style={{ marginTop: 6 }}>
            <Bar
              value={next.covered_ms}
              max={next.duration_ms}
              label={t('home:continue.progress', { title: next.lesson_title })}
            />
          </div>
        </div>
      </div>
      <ButtonLink kind="primary" to={paths.lesson(next.lesson_id)}>
        {started ? t('home:continue.from', { time: at }) : t('home:continue.start')}
      </ButtonLink>
    </div>
  );
}
