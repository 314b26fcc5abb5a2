import './kit/mantine.css';
import './kit/base.css';
import { MantineProvider } from '@mantine/core';
import { noop, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { meQuery } from './features/accounts/me.ts';
import { instituteQuery } from './kit/institute.ts';
import { commonQueries } from './kit/query.ts';
import { followOtherTabs, session } from './kit/session.ts';
import { readableColours, theme } from './kit/theme.ts';
import { App } from './shell/app.tsx';
import { CrashBoundary } from './shell/crash.tsx';

followOtherTabs();
session.subscribe(() => {
  if (session.get().token === null) commonQueries.removeQueries({ queryKey: ['accounts'] });
});

// Ask before the first page is drawn: on a slow line every question that waits for a picture is a second lost.
commonQueries.query(instituteQuery).catch(noop);
const { token } = session.get();
if (token !== null) {
  commonQueries.query(meQuery(token)).catch(noop);
  void import('./shell/signed-in.tsx').catch(noop);
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={readableColours} defaultColorScheme="auto">
      <CrashBoundary>
        <QueryClientProvider client={commonQueries}>
          <BrowserRouter>
            <App />
          </BrowserRouter>
        </QueryClientProvider>
      </CrashBoundary>
    </MantineProvider>
  </StrictMode>,
);
