import { QueryClientProvider } from '@tanstack/react-query';
import { Suspense, useEffect, useState } from 'react';
import { Route, Routes, useLocation } from 'react-router';
import { fetchAhead } from '../kit/part.ts';
import { newQueries } from '../kit/query.ts';
import { hideToasts } from '../kit/toasts.tsx';
import type { Role, User } from '../kit/wire.ts';
import { Live, useLiveState } from '../realtime/live.tsx';
import { CrashBoundary } from './crash.tsx';
import { features } from './features.ts';
import { Layout } from './layout.tsx';
import { NotFound, NotForYou } from './not-found.tsx';
import { PageSkeleton } from './page-skeleton.tsx';

/** The pages this person may open are there also when the line is not: their files are fetched once it is. */
function PagesAhead({ role }: { role: Role }) {
  const isLive = useLiveState().shown === 'live';
  useEffect(() => {
    if (isLive) fetchAhead(features.flatMap(({ pages }) => pages).flatMap(({ views }) => views[role] ?? []));
  }, [isLive, role]);
  return null;
}

/** The focus waited in the main part for a page that was coming: now there is a heading to go to. */
function Arrived() {
  useEffect(() => {
    const main = document.getElementById('content');
    if (document.activeElement === main) main?.querySelector('h1')?.focus({ preventScroll: true });
  }, []);
  return null;
}

/** Everything one signed-in person sees. Another person is another instance, and nothing is left behind. */
export default function SignedIn({ user }: { user: User }) {
  const [queries] = useState(newQueries);
  const { pathname } = useLocation();
  useEffect(() => hideToasts, []);

  return (
    <QueryClientProvider client={queries}>
      <Live>
        {features.map(({ listeners }, index) => {
          const Listener = listeners?.[user.role];
          return Listener === undefined ? null : <Listener key={index} user={user} />;
        })}
        <PagesAhead role={user.role} />
        <Layout user={user}>
          {/* Each page has boundaries of its own: a new one says at once that its page is coming, an old one would leave the page before it
              standing; and a page that stopped working does not take the others with it. */}
          <CrashBoundary key={pathname} inPage>
            <Suspense fallback={<PageSkeleton />}>
              <Arrived />
              <Routes>
                {features.flatMap(({ pages }) => pages).map(({ path, views }) => {
                  const View = views[user.role];
                  return <Route key={path} path={path} element={View === undefined ? <NotForYou /> : <View user={user} />} />;
                })}
                <Route path="*" element={<NotFound />} />
              </Routes>
            </Suspense>
          </CrashBoundary>
        </Layout>
      </Live>
    </QueryClientProvider>
  );
}
