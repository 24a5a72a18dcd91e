import { useEffect } from 'react';
import { DeskProvider } from '@/components/ui/desk/desk-provider';
import { PageHeader } from '@/components/ui/page-header';
import { Segmented } from '@/components/ui/tabs';
import { setAppearance, useAppearance } from '@/lib/appearance';
import { useUrlState } from '@/lib/url-state';
import { DeskSamples } from './desk-samples';
import { LightSamples } from './light-samples';
import { StateSamples } from './state-samples';
import { WorkSamples } from './work-samples';
import styles from './gallery.module.css';

/** Every pattern in every state, for the eye and for the screenshot test. Development builds only; not translated. */
export default function GalleryPage() {
  const { theme, text } = useAppearance();
  const [url] = useUrlState();
  useEffect(() => {
    if (url.theme === 'light' || url.theme === 'dark') setAppearance({ theme: url.theme });
    if (url.text === 'normal' || url.text === 'large') setAppearance({ text: url.text });
  }, [url.theme, url.text]);
  return (
    <DeskProvider>
      <main className={styles.page}>
        <PageHeader
          title="组件样张"
          detail="每个组件的每种状态：浅色、深色、大字"
          actions={
            <>
              <Segmented
                label="主题"
                current={theme}
                onChange={(next) => setAppearance({ theme: next })}
                options={[
                  { key: 'system', title: '系统' },
                  { key: 'light', title: '浅色' },
                  { key: 'dark', title: '深色' },
                ]}
              />
              <Segmented
                label="字号"
                current={text}
                onChange={(next) => setAppearance({ text: next })}
                options={[
                  { key: 'normal', title: '标准' },
                  { key: 'large', title: '大字' },
                ]}
              />
            </>
          }
        />
        <LightSamples />
        <StateSamples />
        <WorkSamples />
        <DeskSamples />
      </main>
    </DeskProvider>
  );
}
