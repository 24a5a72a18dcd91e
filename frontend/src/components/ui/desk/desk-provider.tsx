import { ConfigProvider } from 'antd';
import en from 'antd/locale/en_US';
import zh from 'antd/locale/zh_CN';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useShownTheme } from '@/lib/appearance';
import { kitTheme } from './theme';

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
      locale={chinese ? zh : en}
      button={{ autoInsertSpace: false }}
      componentSize="middle"
    >
      {children}
    </ConfigProvider>
  );
}
