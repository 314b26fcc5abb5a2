import { Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { ForgotPasswordPage, ResetPasswordPage } from '../features/accounts/password-pages.tsx';
import { SignInPage } from '../features/accounts/sign-in-page.tsx';
import { page } from '../kit/part.ts';
import { SessionGate } from './session-gate.tsx';
import { Splash } from './splash.tsx';

/** Everything behind the sign-in page is a part of its own, so that the sign-in page is there at once. */
const SignedIn = page(() => import('./signed-in.tsx'));

export function App() {
  return (
    <Routes>
      <Route path="/sign-in" element={<SignInPage />} />
      <Route path="/forgot-password" element={<ForgotPasswordPage />} />
      <Route path="/reset-password" element={<ResetPasswordPage />} />
      <Route
        path="*"
        element={(
          <SessionGate>
            {(user) => (
              <Suspense fallback={<Splash />}>
                <SignedIn key={user._id} user={user} />
              </Suspense>
            )}
          </SessionGate>
        )}
      />
    </Routes>
  );
}
