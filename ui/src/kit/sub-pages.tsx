import { NavLink } from 'react-router';
import classes from './sub-pages.module.css';

/** The pages of one feature, beside each other. */
export function SubPages({ label, pages }: { label: string; pages: [address: string, name: string][] }) {
  return (
    <nav className={classes.pages} aria-label={label}>
      {pages.map(([address, name], index) => <NavLink key={address} to={address} end={index === 0} className={classes.page}>{name}</NavLink>)}
    </nav>
  );
}
