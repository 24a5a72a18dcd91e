import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Icon } from '@/components/ui/icon';
import { PageHeader } from '@/components/ui/page-header';
import { Ring } from '@/components/ui/ring';
import { Empty, Notice, StateView } from '@/components/ui/state-view';
import { Segmented } from '@/components/ui/tabs';
import { Tag } from '@/components/ui/tag';
import { formatPoints } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { momentText } from '@/lib/time';
import { reviewQuery } from './api/attempt';
import type { Review, ReviewItem } from './model';
import { letter } from './sheet';
import styles from './review-page.module.css';

/** /attempts/$id/review: the result, and each question once it is released. */
export default function ReviewPage({ id }: { id: string }) {
  const t = useT('exam-taking');
  const query = useQuery(reviewQuery(id));
  return (
    <div className={styles.page}>
      <PageHeader
        title={query.data?.title ?? t('exam-taking:review.title')}
        {...(query.data?.title ? { detail: t('exam-taking:review.title') } : {})}
      />
      <StateView query={query}>{(review) => <Result id={id} review={review} />}</StateView>
    </div>
  );
}

function Result({ id, review }: { id: string; review: Review }) {
  const t = useT('exam-taking');
  if (review.state === 'ready' || review.state === 'in_progress') {
    return (
      <Empty
        icon="clock"
        title={t('exam-taking:review.notYet')}
        action={
          <ButtonLink to={paths.attempt(id)} kind="primary">
            {t('exam-taking:door.resume')}
          </ButtonLink>
        }
      />
    );
  }
  if (review.state === 'voided') return <Voided review={review} />;
  return (
    <>
      <Score review={review} />
      <GradedAgain review={review} />
      {review.items ? (
        <Questions items={review.items} />
      ) : (
        <Notice icon="lock">
          <span data-testid="not-released">
            {review.release_at
              ? t('exam-taking:review.releaseAt', { at: momentText(review.release_at) })
              : t('exam-taking:review.noItems')}
          </span>
        </Notice>
      )}
      <div>
        <ButtonLink to={paths.exams()}>{t('exam-taking:submitted.back')}</ButtonLink>
      </div>
    </>
  );
}

function Voided({ review }: { review: Review }) {
  const t = useT('exam-taking');
  return (
    <>
      <Card className={styles.score}>
        <div role="status" data-testid="voided">
          <h2>{t('exam-taking:review.voided')}</h2>
          {review.void_reason && (
            <p>{t('exam-taking:review.voidedReason', { reason: review.void_reason })}</p>
          )}
          <p className="s">
            {review.voided_at && (
              <>{t('exam-taking:review.voidedAt', { at: momentText(review.voided_at) })} · </>
            )}
            {t('exam-taking:review.voidedAsk')}
          </p>
        </div>
      </Card>
      <div>
        <ButtonLink to={paths.exams()}>{t('exam-taking:submitted.back')}</ButtonLink>
      </div>
    </>
  );
}

/** Why the result is another than it was at first. */
function GradedAgain({ review }: { review: Review }) {
  const t = useT('exam-taking');
  const { cause, graded_at: at } = review;
  if (!at || !cause || cause === 'first') return null;
  return (
    <Notice>
      <span data-testid="graded-again">
        {t(`exam-taking:review.${cause === 'regrade' ? 'regraded' : 'lateIncluded'}`, { at: momentText(at) })}
      </span>
    </Notice>
  );
}

function Score({ review }: { review: Review }) {
  const t = useT('exam-taking');
  const { score_milli: score, total_milli: total, passed } = review;
  const at = review.submitted_at ? (
    <p className="s">{t('exam-taking:review.submitted', { at: momentText(review.submitted_at) })}</p>
  ) : null;
  if (score === undefined || score === null) {
    const grading = review.state === 'submitted' || review.state === 'marking';
    return (
      <Card className={styles.score}>
        <div role="status" data-testid="score-waiting">
          <h2>{grading ? t('exam-taking:review.grading') : t('exam-taking:review.hidden')}</h2>
          <p className="s">
            {grading
              ? t('exam-taking:review.gradingText')
              : review.release_at
                ? t('exam-taking:review.hiddenUntil', { at: momentText(review.release_at) })
                : t('exam-taking:review.hiddenText')}
          </p>
          {at}
        </div>
      </Card>
    );
  }
  const points = formatPoints(score);
  return (
    <Card className={styles.score}>
      <Ring
        value={score}
        max={total ?? score}
        tone={passed ? 'ok' : 'accent'}
        text={points}
        under={total ? `/ ${formatPoints(total)}` : undefined}
        label={t('exam-taking:review.ring', { score: points, total: formatPoints(total ?? score) })}
      />
      <div>
        <h2 data-testid="score" data-score={score} data-passed={passed ?? undefined}>
          {passed ? t('exam-taking:review.passed') : t('exam-taking:review.failed')}
        </h2>
        <p>{t('exam-taking:review.score', { score: points, total: formatPoints(total ?? score) })}</p>
        {typeof review.pass_mark_milli === 'number' && (
          <p className="s">
            {t('exam-taking:review.passMark', { pass: formatPoints(review.pass_mark_milli) })}
          </p>
        )}
        {at}
      </div>
    </Card>
  );
}

type Filter = 'all' | 'wrong';

function Questions({ items }: { items: ReviewItem[] }) {
  const t = useT('exam-taking');
  const [filter, setFilter] = useState<Filter>('all');
  const wrong = items.filter((item) => !isRight(item)).length;
  const shown = items
    .map((item, index) => ({ item, number: index + 1 }))
    .filter(({ item }) => filter === 'all' || !isRight(item));
  return (
    <section className="stack" aria-label={t('exam-taking:review.questions')}>
      <div className="row between wrap">
        <h2>{t('exam-taking:review.questions')}</h2>
        <Segmented
          label={t('exam-taking:review.filter')}
          current={filter}
          onChange={setFilter}
          options={[
            { key: 'all', title: t('exam-taking:review.all', { count: items.length }) },
            { key: 'wrong', title: t('exam-taking:review.wrong', { count: wrong }) },
          ]}
        />
      </div>
      {shown.length === 0 && <Empty icon="check" title={t('exam-taking:review.noneWrong')} compact />}
      {shown.map(({ item, number }) => (
        <Question key={item.id} item={item} number={number} />
      ))}
    </section>
  );
}

/** Full marks; what was taken out of the total is nobody's mistake. */
function isRight(item: ReviewItem): boolean {
  if (item.corrected === 'void') return true;
  if (item.corrected && item.score_milli !== undefined) return item.score_milli >= item.points_milli;
  const given = item.your_answer ?? [];
  return given.length === item.key.length && given.every((id) => item.key.includes(id));
}

function Question({ item, number }: { item: ReviewItem; number: number }) {
  const t = useT('exam-taking');
  const given = item.your_answer ?? [];
  const right = isRight(item);
  const part = !right && (item.score_milli ?? 0) > 0;
  const verdict =
    item.corrected === 'void'
      ? 'void'
      : right
        ? 'right'
        : part
          ? 'part'
          : given.length > 0
            ? 'wrong'
            : 'empty';
  return (
    <Card className={styles.question} data-testid="review-item" data-right={right}>
      <div className="row between wrap">
        <Tag>
          {number} · {t(`exam-taking:kind.${item.kind}`)}
        </Tag>
        <Tag tone={item.corrected === 'void' ? 'plain' : right ? 'ok' : part ? 'warn' : 'accent'}>
          {t(`exam-taking:review.verdict.${verdict}`)}
          {item.score_milli !== undefined &&
            item.corrected !== 'void' &&
            ` · ${formatPoints(item.score_milli)} / ${t('exam-taking:points', { points: formatPoints(item.points_milli) })}`}
        </Tag>
      </div>
      {item.corrected && (
        <Notice tone="warn">
          <span data-testid="item-corrected">{t(`exam-taking:review.corrected.${item.corrected}`)}</span>
        </Notice>
      )}
      <h3 className={styles.stem}>{item.stem}</h3>
      <ul className={styles.options}>
        {item.options.map((option, index) => {
          const isKey = item.key.includes(option.id);
          const isGiven = given.includes(option.id);
          return (
            <li key={option.id} className={isKey ? styles.key : isGiven ? styles.missed : undefined}>
              <span className={styles.letter}>{letter(index)}</span>
              <span className="grow">{option.text}</span>
              {(isKey || isGiven) && (
                <span className={styles.mark}>
                  <Icon name={isKey ? 'check' : 'close'} size={16} />
                  {isKey && isGiven
                    ? t('exam-taking:review.mark.both')
                    : isKey
                      ? t('exam-taking:review.mark.key')
                      : t('exam-taking:review.mark.yours')}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {item.explanation && (
        <p className={`s ${styles.explanation}`}>
          <b>{t('exam-taking:review.explanation')}</b>
          {item.explanation}
        </p>
      )}
      {item.source && <p className="xs">{t('exam-taking:review.source', { source: item.source })}</p>}
    </Card>
  );
}
