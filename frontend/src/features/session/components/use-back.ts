import { paths } from '@/lib/paths';
import { useUrlState } from '@/lib/url-state';

/** Where the person was going; only an address of this application counts. */
export function useBack(): string {
  const [search] = useUrlState();
  return safeBack(search.return);
}

/** `//evil.example`, `/\\evil.example` and `https:…` lead away; they become the home page. */
export function safeBack(back: string | undefined): string {
  // Browsers drop tabs and line breaks before they read an address.
  const plain = back?.replace(/\p{Cc}/gu, '');
  return plain && /^\/(?![/\\])/.test(plain) ? plain : paths.home();
}
