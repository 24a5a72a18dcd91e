import { theme, type ThemeConfig } from 'antd';

/** Ant Design's tokens out of the variables in styles/tokens.css: the one place where the two meet. */
export function kitTheme(): ThemeConfig {
  const style = getComputedStyle(document.documentElement);
  const v = (name: string) => style.getPropertyValue(name).trim();
  const root = Number.parseFloat(style.fontSize) || 16;
  const rem = (size: number) => Math.round(size * root);
  const dark = document.documentElement.dataset.theme === 'dark';
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      colorPrimary: v('--accent'),
      colorError: v('--accent'),
      colorSuccess: v('--ok'),
      colorWarning: v('--warn'),
      colorInfo: v('--ink-2'),
      colorLink: v('--accent-ink'),
      colorTextBase: v('--ink'),
      colorText: v('--ink'),
      colorTextSecondary: v('--ink-2'),
      colorTextTertiary: v('--ink-3'),
      colorTextPlaceholder: v('--ink-3'),
      colorBgBase: v('--card'),
      colorBgContainer: v('--card'),
      colorBgElevated: v('--card'),
      colorBgLayout: v('--bg'),
      colorBorder: v('--line-2'),
      colorBorderSecondary: v('--line'),
      colorSplit: v('--line'),
      colorFillAlter: v('--sunken'),
      fontFamily: v('--font'),
      fontSize: rem(0.875),
      borderRadius: 8,
      borderRadiusLG: 12,
      borderRadiusSM: 6,
      controlHeight: rem(2.25),
      controlHeightLG: rem(2.75),
      controlHeightSM: rem(1.75),
      boxShadow: v('--shadow-up'),
      boxShadowSecondary: v('--shadow-up'),
      // base.css takes transitions away then, so the kit must not wait for their end.
      motion: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.18s',
      wireframe: false,
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', fontWeight: 500, paddingInline: 14 },
      Table: {
        headerBg: v('--card'),
        headerColor: v('--ink-2'),
        headerSplitColor: 'transparent',
        headerBorderRadius: 12,
        rowHoverBg: v('--bg'),
        rowSelectedBg: v('--accent-weak'),
        rowSelectedHoverBg: v('--accent-weak'),
        borderColor: v('--line'),
        cellPaddingBlock: 11,
        cellPaddingInline: 16,
        cellPaddingInlineMD: 12,
        cellPaddingBlockMD: 11,
      },
      Select: { optionSelectedBg: v('--accent-weak'), optionSelectedColor: v('--accent-ink') },
      // Days of the months beside are not disabled: they can be chosen, so they can be read.
      DatePicker: { colorTextDisabled: v('--ink-3') },
      Form: { verticalLabelPadding: '0 0 6px', itemMarginBottom: 20 },
      Tabs: { itemSelectedColor: v('--accent-ink'), inkBarColor: v('--accent') },
    },
  };
}
