import { Bar } from '@/components/ui/bar';
import { Tag, type Tone } from '@/components/ui/tag';
import { language } from '@/lib/language';
import { useT } from '@/lib/t';
import type { Medium, MediumState } from './api/media';

const tones: Record<MediumState, Tone> = {
  uploading: 'plain',
  uploaded: 'plain',
  probing: 'plain',
  transcoding: 'warn',
  ready: 'ok',
  rejected: 'accent',
  cancelled: 'plain',
};

/** The state of a medium as a tag, with a bar while it is being made ready. */
export function MediumStateTag({ medium }: { medium: Medium }) {
  const t = useT('media-library');
  const text = t(`media-library:state.${medium.state}`);
  if (medium.state !== 'transcoding') return <Tag tone={tones[medium.state]}>{text}</Tag>;
  return (
    <div style={{ minWidth: 96 }}>
      <div className="row between xs">
        <span>{text}</span>
        <span className="num">{medium.progress}%</span>
      </div>
      <Bar value={medium.progress} max={100} label={text} />
    </div>
  );
}

/** Why the file was rejected, in the page's language. */
export function rejection(medium: Medium): string | undefined {
  return medium.reason_messages?.[language()] ?? medium.reason_messages?.['zh-CN'] ?? medium.reason;
}
