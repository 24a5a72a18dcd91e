import { Dotted } from '@/components/ui/dotted';
import { StaffDoors } from '@/components/layout/role-switch';
import { useTitle } from '@/components/ui/page-header';
import { staffRoles } from '@/lib/hat';
import { useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { dayPart } from '@/lib/time';
import { ContinueCard } from './components/continue-card';
import { DueList } from './components/due-list';
import { NewCourses } from './components/new-courses';
import { ObligationCard } from './components/obligation-card';
import styles from './home.module.css';

/** Four questions at one sight: what must I do, what next, what is due, what is new. */
export default function HomePage() {
  const t = useT('home', 'common');
  const session = useSession();
  const { person } = session;
  useTitle(t('common:nav.home'));
  const about = [
    person.party_unit_name || person.admin_unit_name,
    person.stage && person.stage !== 'masses' ? t(`common:stage.${person.stage}`) : '',
  ].filter(Boolean);
  return (
    <div className={styles.page}>
      <div className={styles.hello}>
        <div>
          <h1>{t(`home:hello.${dayPart()}`, { name: person.name })}</h1>
          {about.length > 0 && (
            <p className="s">
              <Dotted parts={about} />
            </p>
          )}
        </div>
        {staffRoles(session).length > 0 && (
          <div className={styles.roles}>
            <StaffDoors />
          </div>
        )}
      </div>
      <div className={styles.column}>
        <ObligationCard />
        <ContinueCard />
      </div>
      <div className={styles.column}>
        <DueList />
        <NewCourses />
      </div>
    </div>
  );
}
