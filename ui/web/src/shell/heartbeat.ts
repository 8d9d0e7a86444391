// A page says so when its server is gone, and takes it back when it answers again.
const ASK_EVERY_MS = 2_000;

export function startHeartbeat(): void {
  const notice = document.getElementById('offline');
  if (!notice) return;
  const ask = async (): Promise<void> => {
    if (document.hidden) return;
    notice.hidden = await answers();
  };
  setInterval(() => void ask(), ASK_EVERY_MS);
  document.addEventListener('visibilitychange', () => void ask());
  document.body.addEventListener('htmx:sendError', () => void ask());
}

async function answers(): Promise<boolean> {
  try {
    await fetch('/livez', { cache: 'no-store', signal: AbortSignal.timeout(ASK_EVERY_MS) });
    return true;
  } catch {
    return false;
  }
}
