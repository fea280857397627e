// A Python future given to waitUntil must outlive the Python frame that made it, and be freed afterwards.
const patched = new WeakSet();

async function settle(promise) {
  const kept = "copy" in promise ? promise.copy() : promise;
  try {
    await kept;
  } finally {
    if ("destroy" in kept) kept.destroy();
  }
}

/** Return a waitUntil for `owner` that keeps Python futures alive. */
export function patchedWaitUntil(owner) {
  const original = owner.waitUntil.bind(owner);
  return (promise) => original(settle(promise));
}

/** Replace `ctx.waitUntil` once, on contexts of requests alone: a Durable Object's context keeps its own. */
export function patchWaitUntil(ctx) {
  if (Object.prototype.toString.call(ctx) !== "[object ExecutionContext]" || patched.has(ctx)) return;
  ctx.waitUntil = patchedWaitUntil(ctx);
  patched.add(ctx);
}
