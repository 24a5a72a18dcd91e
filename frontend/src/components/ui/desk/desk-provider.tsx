import { ConfigProvider } from 'antd';
import type { Locale } from 'antd/es/locale';
import en from 'antd/es/locale/en_US';
import zh from 'antd/es/locale/zh_CN';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useShownTheme } from '@/lib/appearance';
import { kitTheme } from './theme';

/** The kit names its buttons of year and month 选择年份, which hides the year itself from who listens. */
function plain(kit: Locale): Locale {
  const picker = kit.DatePicker!;
  return { ...kit, DatePicker: { ...picker, lang: { ...picker.lang, yearSelect: '', monthSelect: '' } } };
}
const locales = { zh: plain(zh), en: plain(en) };

/** Dresses Ant Design in our tokens and language. Once, around the staff shell. */
export function DeskProvider({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const shown = useShownTheme();
  // The variables change with the theme and the type size; `shown` names both.
  // oxlint-disable-next-line react/exhaustive-deps
  const dressed = useMemo(kitTheme, [shown]);
  const chinese = i18n.language !== 'en';
  dayjs.locale(chinese ? 'zh-cn' : 'en');
  return (
    <ConfigProvider
      theme={dressed}
      locale={chinese ? locales.zh : locales.en}
      button={{ autoInsertSpace: false }}
      componentSize="middle"
      // What opens from the page belongs to its main part; what opens from a drawer, above everything.
      getPopupContainer={(from) => from?.closest('main') ?? document.body}
    >
      {children}
    </ConfigProvider>
  );
}
