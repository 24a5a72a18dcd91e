import { useRef } from 'react';
import { Button } from './button';

interface FilePickerProps {
  id?: string;
  /** Takes the form's mark; the file's problem stands above the buttons. */
  invalid?: boolean;
  /** As the attribute: `.pdf,.png`. */
  accept: string;
  /** The words on the button. */
  label: string;
  /** Name of the file that is chosen or kept. */
  chosen: string | undefined;
  onChoose: (file: File) => void;
}

/** Chooses one file; it is sent with the form. */
export function FilePicker({ id, accept, label, chosen, onChoose }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="row wrap">
      <Button id={id} small onClick={() => input.current?.click()}>
        {label}
      </Button>
      {chosen && <span className="s ellipsis">{chosen}</span>}
      <input
        ref={input}
        type="file"
        accept={accept}
        className="visually-hidden"
        tabIndex={-1}
        aria-label={label}
        data-testid="file-input"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file) onChoose(file);
        }}
      />
    </div>
  );
}
