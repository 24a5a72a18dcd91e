import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { BankBody } from '@/api/model/bankBody';
import { Button } from '@/components/ui/button';
import { Section } from '@/components/ui/card';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { Select, TagsInput } from '@/components/ui/desk/select';
import { Notice } from '@/components/ui/state-view';
import { Timeline } from '@/components/ui/timeline';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';
import { kinds, questionQuery, useSaveQuestion, type Content, type Kind, type Question } from './api/banks';
import { OptionsEditor } from './options-editor';
import { keyText } from './key-text';

const LETTERS = 'ABCDEFGHIJ';

const blank: Content = {
  kind: 'single',
  stem: '',
  options: [...'ABCD'].map((id) => ({ id, text: '' })),
  key: [],
  points_milli: 2000,
  difficulty: 3,
  tags: [],
  source: '',
  explanation: '',
};

const fields = [
  'kind',
  'stem',
  'options',
  'key',
  'points_milli',
  'explanation',
  'source',
  'tags',
  'difficulty',
];

interface QuestionDrawerProps {
  bank: BankBody;
  question?: Question;
  onClose: () => void;
  onRetire: (question: Question) => void;
}

/** Write a question, or revise one: a revision is a new version, papers in use keep theirs. */
export function QuestionDrawer({ bank, question, onClose, onRetire }: QuestionDrawerProps) {
  const t = useT('question-bank', 'ui');
  const full = useQuery({ ...questionQuery(question?.id ?? ''), enabled: question !== undefined });
  const [content, setContent] = useState<Content>(() => (question ? contentOf(question) : blank));
  const saving = useSaveQuestion(bank.id, question);
  const set = (change: Partial<Content>) => setContent((before) => ({ ...before, ...change }));
  const field = (name: string) => ({ name, error: saving.error });
  const readOnly = question?.state === 'retired';

  function setKind(kind: Kind) {
    if (kind === 'judgement') return set({ kind, options: [], key: ['true'] });
    const options = content.options?.length ? content.options : blank.options;
    const key = content.kind === 'judgement' ? [] : kind === 'single' ? content.key.slice(0, 1) : content.key;
    return set({ kind, options, key });
  }
  function save(another: boolean) {
    const { options, ...rest } = content;
    saving.mutate(content.kind === 'judgement' ? rest : { ...rest, options }, {
      onSuccess: () => {
        toast(t('question-bank:savedQuestion'));
        if (another)
          setContent({
            ...blank,
            kind: content.kind,
            tags: content.tags,
            source: content.source,
            ...judgementParts(content),
          });
        else onClose();
      },
    });
  }
  return (
    <FormDrawer
      width={680}
      title={
        question ? t('question-bank:revise', { number: question.version }) : t('question-bank:addQuestion')
      }
      onClose={onClose}
      saving={saving}
      onSave={() => save(false)}
      readOnly={readOnly}
      deeds={
        question ? (
          <Button small kind="quiet" onClick={() => onRetire(question)}>
            {t('question-bank:retire.verb')}
          </Button>
        ) : (
          <Button small busy={saving.isPending} onClick={() => save(true)}>
            {t('question-bank:saveAnother')}
          </Button>
        )
      }
      fields={fields}
      before={
        question &&
        question.used_by > 0 && (
          <Notice tone="warn">{t('question-bank:inUse', { count: question.used_by })}</Notice>
        )
      }
      after={
        full.data?.versions &&
        full.data.versions.length > 1 && (
          <Section title={t('question-bank:history')}>
            <Timeline
              label={t('question-bank:history')}
              items={full.data.versions.map((version) => ({
                key: String(version.version),
                at: version.created_at,
                title: t('question-bank:version', { number: version.version }),
                detail: `${version.stem} ${t('question-bank:keyIs', { key: keyText(version, t) })}`,
              }))}
            />
          </Section>
        )
      }
    >
      <FormField label={t('question-bank:column.kind')} {...field('kind')}>
        <Select
          value={content.kind}
          disabled={question !== undefined}
          options={kinds.map((kind) => ({ value: kind, label: t(`question-bank:kind.${kind}`) }))}
          onChange={(kind) => setKind((kind ?? 'single') as Kind)}
        />
      </FormField>
      <FormField label={t('question-bank:column.stem')} {...field('stem')}>
        <TextArea value={content.stem} rows={3} maxLength={2000} onChange={(stem) => set({ stem })} />
      </FormField>
      <OptionsEditor content={content} letters={LETTERS} error={saving.error} onChange={set} />
      <div className="row wrap" style={{ alignItems: 'flex-start' }}>
        <FormField label={t('question-bank:field.points')} {...field('points_milli')}>
          <NumberField
            value={content.points_milli}
            scale={1000}
            min={0}
            step={0.5}
            onChange={(points) => set({ points_milli: points ?? 0 })}
          />
        </FormField>
        <FormField label={t('question-bank:field.difficulty')} {...field('difficulty')}>
          <Select
            width={140}
            value={String(content.difficulty ?? 3)}
            options={(['1', '2', '3', '4', '5'] as const).map((level) => ({
              value: level,
              label: t(`question-bank:level.${level}`),
            }))}
            onChange={(level) => set({ difficulty: Number(level ?? 3) })}
          />
        </FormField>
      </div>
      <FormField
        label={t('question-bank:column.tags')}
        hint={t('question-bank:field.tagsHint')}
        {...field('tags')}
      >
        <TagsInput
          value={content.tags ?? []}
          options={(bank.tags ?? []).map((tag) => tag.name)}
          onChange={(tags) => set({ tags })}
        />
      </FormField>
      <FormField
        label={t('question-bank:field.source')}
        hint={t('question-bank:field.sourceHint')}
        {...field('source')}
      >
        <Input value={content.source ?? ''} maxLength={200} onChange={(source) => set({ source })} />
      </FormField>
      <FormField
        label={t('question-bank:field.explanation')}
        hint={t('question-bank:field.explanationHint')}
        {...field('explanation')}
      >
        <TextArea
          value={content.explanation ?? ''}
          rows={2}
          maxLength={2000}
          onChange={(explanation) => set({ explanation })}
        />
      </FormField>
    </FormDrawer>
  );
}

function judgementParts(content: Content): Partial<Content> {
  return content.kind === 'judgement' ? { options: [], key: ['true'] } : {};
}

function contentOf({
  kind,
  stem,
  options,
  key,
  points_milli,
  explanation,
  source,
  tags,
  difficulty,
}: Question): Content {
  return { kind, stem, options, key, points_milli, explanation, source, tags, difficulty };
}
