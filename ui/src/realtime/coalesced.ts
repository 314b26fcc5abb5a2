/**
 * Runs `work` a moment after it was asked for, once for all who ask meanwhile. Who asks while it runs gets another run
 * after it: its answer may have left the server before what they heard of.
 */
export function coalesced(work: () => Promise<unknown>, wait: number): () => void {
  let isAsked = false;
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    while (isAsked) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      isAsked = false;
      await work().catch(() => undefined);
    }
    isRunning = false;
  };
  return () => {
    isAsked = true;
    if (!isRunning) void run();
  };
}
