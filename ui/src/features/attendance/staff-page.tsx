import { Suspense } from 'react';
import { useSearchParams } from 'react-router';
import type { ViewProps } from '../../kit/feature.ts';
import { part } from '../../kit/part.ts';
import { Today } from './today.tsx';

const Board = part(() => import('./board.tsx'));

/** The classes of a day, or one of them. What is shown is part of the address: the phone's back button works. */
export default function StaffPage({ user }: ViewProps) {
  const [params] = useSearchParams();
  const wanted = params.get('class');
  if (wanted !== null) return <Suspense fallback={null}><Board key={wanted} id={wanted} user={user} /></Suspense>;
  return <Today />;
}
