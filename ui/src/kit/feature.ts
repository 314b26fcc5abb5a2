import type { ComponentType } from 'react';
import type { Role, User } from './wire.ts';

export interface ViewProps {
  user: User;
}

/** A page of the house: one address, a view for each role that may open it. */
export interface Page {
  path: string;
  /** What the navigation calls it. */
  title: string;
  /** The same in one word, for the narrow bar of a phone. */
  short?: string;
  icon: ComponentType<{ size?: number | string; stroke?: number | string; 'aria-hidden'?: 'true' }>;
  views: Partial<Record<Role, ComponentType<ViewProps>>>;
  /** Where a phone has it: in its bar (unless said), behind "More", or in no navigation at all, on a desk either. */
  place?: 'bar' | 'more' | 'nowhere';
  /** A count beside the name in the navigation. */
  count?: Partial<Record<Role, ComponentType>>;
}

/** What a feature folder gives to the shell. */
export interface Feature {
  pages: Page[];
  /** Listens to live events for as long as somebody with this role is signed in; shows nothing. */
  listeners?: Partial<Record<Role, ComponentType<ViewProps>>>;
}
