import { Menu, UnstyledButton } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { Link, NavLink, useLocation } from 'react-router';
import { Bell } from '../features/notifications/bell.tsx';
import type { Page } from '../kit/feature.ts';
import { useInstitute } from '../kit/institute.ts';
import { Lamp } from '../kit/lamp.tsx';
import { Toasts } from '../kit/toasts.tsx';
import type { User } from '../kit/wire.ts';
import { AccountMenu } from './account-menu.tsx';
import { ConnectionBadge } from './connection-badge.tsx';
import { features } from './features.ts';
import classes from './layout.module.css';

function NavItem({ page, user }: { page: Page; user: User }) {
  const Count = page.count?.[user.role];
  return (
    <li data-place={page.place}>
      <NavLink to={page.path} end={page.path === '/'} className={classes.navLink}>
        <span className={classes.navIcon}><page.icon size={24} stroke={1.7} aria-hidden="true" />{Count !== undefined && <Count />}</span>
        <span className={classes.long}>{page.title}</span>
        <span className={classes.short}>{page.short ?? page.title}</span>
      </NavLink>
    </li>
  );
}

/** The pages for which the bar of a phone has no room. A desk shows them all. */
function More({ pages }: { pages: Page[] }) {
  const { pathname } = useLocation();
  if (pages.length === 0) return null;
  const isHere = (page: Page) => pathname === page.path || pathname.startsWith(`${page.path}/`);
  return (
    <li className={classes.more}>
      <Menu position="top-end" withinPortal>
        <Menu.Target>
          <UnstyledButton className={classes.navLink} data-here={pages.some(isHere) || undefined}>
            <span className={classes.navIcon}><IconDots size={24} stroke={1.7} aria-hidden="true" /></span>
            More
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          {pages.map((page) => (
            <Menu.Item key={page.path} component={Link} to={page.path} mih={48} leftSection={<page.icon size={22} stroke={1.7} aria-hidden="true" />} aria-current={isHere(page) ? 'page' : undefined}>
              {page.title}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

/** After a change of page the focus goes to its heading: a screen reader reads on from there. */
function useFocusOnNewPage() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    // The page may have put the focus somewhere itself, on the item it was opened for.
    const focused = document.activeElement;
    if (focused !== main.current && main.current?.contains(focused) === true) return;
    window.scrollTo(0, 0);
    (main.current?.querySelector('h1') ?? main.current)?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}

export function Layout({ user, children }: { user: User; children: ReactNode }) {
  const institute = useInstitute();
  const main = useFocusOnNewPage();
  const pages = features.flatMap((feature) => feature.pages).filter((page) => page.views[user.role] !== undefined && page.place !== 'nowhere');
  return (
    <div className={classes.frame}>
      <a href="#content" className={classes.skip}>Skip to the content</a>
      <header className={classes.header}>
        <Link to="/" className={classes.brand}>
          <Lamp size={32} />
          <span className={classes.name}>Lamplight</span>
          <span className={classes.institute}>{institute?.name}</span>
        </Link>
        <div className={classes.right}>
          <ConnectionBadge />
          <Bell />
          <AccountMenu user={user} />
        </div>
      </header>
      <nav className={classes.nav} aria-label="Pages">
        <ul>
          {pages.map((page) => <NavItem key={page.path} page={page} user={user} />)}
          <More pages={pages.filter(({ place }) => place === 'more')} />
        </ul>
      </nav>
      <main id="content" ref={main} tabIndex={-1} className={classes.main}>
        {user.mustChangePassword && <p className={classes.must} role="status">Somebody else knows your password. <Link to="/account">Choose one of your own</Link></p>}
        {children}
      </main>
      <Toasts />
    </div>
  );
}
