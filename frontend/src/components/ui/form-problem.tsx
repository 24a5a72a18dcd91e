import { fieldName, fieldText, isProblem } from '@/lib/problem';
import { Notice, problemText } from './state-view';
import { useT } from '@/lib/t';

interface FormProblemProps {
  error: unknown;
  /** Fields that show their own problem; the others are listed here, so none is lost. */
  shown?: string[];
}

/** Why the form was refused, above its buttons. */
export function FormProblem({ error, shown = [] }: FormProblemProps) {
  const t = useT('ui', 'problem.network');
  if (!error) return null;
  const others = isProblem(error)
    ? error.fields.filter(({ location }) => !shown.some((name) => belongs(fieldName(location), name)))
    : [];
  const texts = [...new Set(others.map(fieldText))];
  return (
    <Notice tone="accent" icon="alert" role="alert">
      {problemText(error, t)}
      {texts.length > 0 && (
        <ul>
          {texts.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

/** Whether the field is the one named or a part of it: `options[2].text` belongs to `options`. */
function belongs(field: string, name: string): boolean {
  return field === name || field.startsWith(`${name}[`) || field.startsWith(`${name}.`);
}
