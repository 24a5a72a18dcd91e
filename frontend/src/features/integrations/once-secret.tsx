import { SecretDialog } from '@/components/ui/secret-dialog';

/** The secret of a token or a webhook, the only time it is shown. */
export function OnceSecret({
  title,
  secret,
  text,
  onClose,
}: {
  title: string;
  secret: string | undefined;
  text: string;
  onClose: () => void;
}) {
  return (
    <SecretDialog title={title} secret={secret} onClose={onClose}>
      <div className="stack">
        <div>{text}</div>
        <code style={{ display: 'block', wordBreak: 'break-all', userSelect: 'all' }}>{secret}</code>
      </div>
    </SecretDialog>
  );
}
