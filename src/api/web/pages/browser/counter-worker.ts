/**
 * The service worker of the counter. It keeps one page and its looks, and shows that page when the shop cannot be reached.
 * Everything else goes to the shop, always: a sale that a browser has kept would be worse than none.
 */

/** What this file uses of a worker's world: a page's types do not have it. */
interface WorkerWorld {
  /** Set by the server, above this code: the page for being offline first, then what it loads. */
  readonly kept: readonly [string, ...string[]];
  addEventListener(type: 'install' | 'activate', listener: (event: LifeEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: RequestEvent) => void): void;
  skipWaiting(): Promise<void>;
}

interface LifeEvent {
  waitUntil(work: Promise<unknown>): void;
}

interface RequestEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

const world = self as unknown as WorkerWorld;
/** Another list of files is another cache. */
const CACHE = `till-counter ${world.kept.join(' ')}`;

async function keep(): Promise<void> {
  await (await caches.open(CACHE)).addAll([...world.kept]);
  await world.skipWaiting();
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('till-counter') && name !== CACHE).map((name) => caches.delete(name)),
  );
}

async function orOffline(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const page = await caches.match(world.kept[0]);
    if (page === undefined) throw error;
    return page;
  }
}

async function orKept(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? (await fetch(request));
}

world.addEventListener('install', (event) => event.waitUntil(keep()));
world.addEventListener('activate', (event) => event.waitUntil(forgetOthers()));
world.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.mode === 'navigate') event.respondWith(orOffline(event.request));
  else if (world.kept.includes(pathname)) event.respondWith(orKept(event.request));
});
