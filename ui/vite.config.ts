import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = 'http://localhost:5000';

export default defineConfig({
  plugins: [react()],
  build: {
    // The page is served under `default-src 'self'`: everything is a file of its own, nothing is written into the HTML.
    assetsInlineLimit: 0,
    // One style sheet, there from the beginning: a page that is fetched on a line that is cut never comes without its looks.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 400,
  },
  server: {
    proxy: {
      '/api': server,
      '/socket.io': { target: server, ws: true },
    },
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts'],
  },
});
