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
    ? error.fields.filter((field) => !shown.includes(fieldName(field.location)))
    : [];
  return (
    <Notice tone="accent" icon="alert" role="alert">
      {problemText(error, t)}
      {others.length > 0 && (
        <ul>
          {others.map((field) => (
            <li key={field.location}>{fieldText(field)}</li>
          ))}
        </ul>
      )}
    </Notice>
  );
}
