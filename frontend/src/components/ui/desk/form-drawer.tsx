import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useT } from '@/lib/t';
import { Button } from '../button';
import { ConfirmWithReason } from '../confirm-with-reason';
import { FormProblem } from '../form-problem';
import { Drawer } from './drawer';
import { Form } from './form';

interface FormDrawerProps {
  open?: boolean;
  title: ReactNode;
  /** Pixels; the screen is the limit. */
  width?: number;
  onClose: () => void;
  onSave: () => void;
  /** The mutation that sends the form: its problem stands at its field or above the buttons. */
  saving: { isPending: boolean; error: unknown };
  /** Names of the fields that show their own problem, as FormField `name`. */
  fields: string[];
  /** The verb on the button; 保存 when none is given. */
  verb?: string;
  /** Holds the button back until what is needed is there. */
  incomplete?: boolean;
  /** Only to be read: no buttons. */
  readOnly?: boolean;
  /** Further buttons, before the usual two. */
  deeds?: ReactNode;
  /** What stands before and after the form's fields. */
  before?: ReactNode;
  after?: ReactNode;
  children: ReactNode;
}

/**
 * A form beside the list it came from. Enter in a field saves, a press beside the drawer does not close it, and what
 * was typed is not thrown away unasked.
 */
export function FormDrawer(props: FormDrawerProps) {
  const { open = true, title, width, onClose, onSave, saving, fields, verb, incomplete = false } = props;
  const { isPending, error } = saving;
  const t = useT('ui');
  const id = useId();
  const typed = useRef(false);
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (!open || (!isPending && !error)) typed.current = false;
    if (error) document.querySelector(`[id="${id}"] [role="alert"]`)?.scrollIntoView({ block: 'center' });
  }, [open, isPending, error, id]);
  function close() {
    if (typed.current) setAsking(true);
    else onClose();
  }
  return (
    <>
      <Drawer
        open={open}
        title={title}
        width={width}
        onClose={close}
        keepOnVeil={!props.readOnly}
        notice={error ? <FormProblem error={error} shown={fields} /> : undefined}
        footer={
          props.readOnly ? undefined : (
            <>
              {props.deeds}
              <Button small onClick={close}>
                {t('ui:cancel')}
              </Button>
              <Button small kind="primary" type="submit" form={id} busy={isPending} disabled={incomplete}>
                {verb ?? t('ui:save')}
              </Button>
            </>
          )
        }
      >
        {props.before}
        <Form
          id={id}
          onSubmit={() => !isPending && !incomplete && onSave()}
          onTyped={() => (typed.current = !props.readOnly)}
        >
          {props.children}
        </Form>
        {props.after}
      </Drawer>
      <ConfirmWithReason
        open={open && asking}
        title={t('ui:leave.title')}
        verb={t('ui:leave.verb')}
        onConfirm={async () => {
          typed.current = false;
          onClose();
        }}
        onClose={() => setAsking(false)}
      >
        {t('ui:leave.text')}
      </ConfirmWithReason>
    </>
  );
}
