/** What a person calls the device: "Chrome · Windows". Unknown programs keep their first word. */
export function deviceName(userAgent: string): string {
  const browser =
    match(userAgent, [
      [/MicroMessenger/, '微信'],
      [/DingTalk/, '钉钉'],
      [/Edg\//, 'Edge'],
      [/QQBrowser/, 'QQ 浏览器'],
      [/360(SE|EE)/, '360 浏览器'],
      [/Firefox\//, 'Firefox'],
      [/HeadlessChrome|Chrome\/|CriOS/, 'Chrome'],
      [/Safari\//, 'Safari'],
    ]) ??
    (userAgent.split(/[\s/]/)[0] || '?');
  const system = match(userAgent, [
    [/HarmonyOS|OpenHarmony/, 'HarmonyOS'],
    [/Android/, 'Android'],
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux/, 'Linux'],
  ]);
  return system ? `${browser} · ${system}` : browser;
}

/** A phone or a tablet, for its picture. */
export const isHandheld = (userAgent: string) => /Mobile|Android|iPhone|iPad|HarmonyOS/.test(userAgent);

function match(text: string, names: [RegExp, string][]): string | undefined {
  return names.find(([pattern]) => pattern.test(text))?.[1];
}
