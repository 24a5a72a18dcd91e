import { CardItem, CardList } from '@/components/ui/card';
import { Tag } from '@/components/ui/tag';
import type { Item, Rule } from './api';
import styles from './privacy.module.css';
import { usePrivacyText } from './text';

/** Every kind of data with what it is for, on what ground, who sees it, how long it is kept and what an erasure does. */
export function ItemList({ items, rules }: { items: Item[]; rules: Rule[] }) {
  const { t, item: text, readers, kept } = usePrivacyText();
  return (
    <CardList label={t('privacy:tab.items')}>
      {items.map((one) => (
        <CardItem
          key={one.id}
          title={
            <>
              {text(one.id)} {one.sensitive && <Tag tone="warn">{t('privacy:sensitive')}</Tag>}
            </>
          }
          detail={text(one.id, 'about')}
        >
          <dl className={styles.facts}>
            <dt>{t('privacy:ground')}</dt>
            <dd>{t(`privacy:groundOf.${one.ground}`)}</dd>
            <dt>{t('privacy:readers')}</dt>
            <dd>{readers(one)}</dd>
            <dt>{t('privacy:kept')}</dt>
            <dd>{kept(one, rules)}</dd>
            <dt>{t('privacy:onErasure')}</dt>
            <dd>{t(`privacy:erase.${one.erase}`)}</dd>
          </dl>
        </CardItem>
      ))}
    </CardList>
  );
}
