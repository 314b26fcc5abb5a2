import { QueryClientProvider } from '@tanstack/react-query';
import { Suspense, useEffect, useState } from 'react';
import { Route, Routes } from 'react-router';
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

/** Everything one signed-in person sees. Another person is another instance, and nothing is left behind. */
export default function SignedIn({ user }: { user: User }) {
  const [queries] = useState(newQueries);
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
          <CrashBoundary inPage>
            <Suspense fallback={<PageSkeleton />}>
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
