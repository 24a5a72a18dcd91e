/** A name on one line. 王强 and 阿依古丽·买买提 both fit; a longer one is cut with its whole text in the title. */
export function PersonName({ name, strong = false }: { name: string; strong?: boolean }) {
  const Mark = strong ? 'b' : 'span';
  return (
    <Mark
      className="ellipsis"
      style={{ display: 'inline-block', maxWidth: '12em', verticalAlign: 'bottom' }}
      title={name}
    >
      {name}
    </Mark>
  );
}
