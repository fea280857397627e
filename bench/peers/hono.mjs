// The same three endpoints as one writes them with Hono, on the same D1 with the same rows, keys and secrets.
// It does the work of ours and remembers what ours remembers: verified tokens and opened addresses.
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { sign, verify } from "hono/jwt";
import crypto from "node:crypto";

const READ_PROFILE = `
  SELECT id, email_sealed, display_name, english_name, bio, native_language, image_key, time_zone, locale,
    onboarding_completed_at, created_at, updated_at,
    (SELECT json_group_array(json_object('language', language, 'level', level)) FROM
      (SELECT language, level FROM user_languages WHERE user_id = ?1 ORDER BY position)) AS target_languages
  FROM users WHERE id = ?1 AND deleted_at IS NULL`;
const INSERT_SESSION = `
  INSERT INTO device_sessions (id, user_id, token_hash, user_agent, created_at, used_at, expires_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
const DROP_SESSIONS = `
  DELETE FROM device_sessions WHERE id IN (
    SELECT id FROM device_sessions WHERE user_id = ? ORDER BY used_at DESC, id DESC LIMIT -1 OFFSET 50)`;
const WEEK = 7 * 24 * 3600 * 1000;

const app = new Hono();
const verified = new Map();
const opened = new Map();
let keys;

app.get("/.well-known/jwks.json", (c) => {
  keys ??= readKeys(c.env);
  return c.json({ keys: [keys.jwk] }, 200, { "cache-control": "public, max-age=3600" });
});

app.get("/api/v1/users/profile", async (c) => {
  const { sub } = await identify(c);
  const row = await c.env.DB.prepare(READ_PROFILE).bind(sub).first();
  if (!row) throw new HTTPException(401);
  return c.json(await profile(row));
});

app.post("/api/v1/auth/login", async (c) => {
  keys ??= readKeys(c.env);
  const { email, password } = await c.req.json();
  const person = await c.env.DB.prepare("SELECT * FROM people WHERE email_lookup = ?").bind(lookup(email)).first();
  if (!person || !(await matches(password, person.password_hash))) throw new HTTPException(401);
  return c.json(await openSession(c, person));
});

async function identify(c) {
  keys ??= readKeys(c.env);
  const token = c.req.header("authorization")?.slice(7) ?? "";
  const known = verified.get(token) ?? (await verify(token, keys.jwk, { alg: "RS256", iss: c.env.TOKEN_ISSUER }));
  if (known.exp * 1000 <= Date.now()) throw new HTTPException(401);
  verified.set(token, known);
  return known;
}

async function profile(row) {
  return {
    id: row.id,
    email: await openAddress(row.email_sealed),
    displayName: row.display_name,
    englishName: row.english_name,
    bio: row.bio,
    nativeLanguage: row.native_language,
    targetLanguages: JSON.parse(row.target_languages),
    profileImageUrl: row.image_key && `/media/${row.image_key}`,
    timeZone: row.time_zone,
    locale: row.locale,
    onboardingCompleted: row.onboarding_completed_at !== null,
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at).toISOString(),
  };
}

async function openSession(c, person) {
  const [id, token, now] = [crypto.randomUUID(), crypto.randomBytes(32).toString("base64url"), Date.now()];
  const hash = crypto.createHash("sha256").update(token).digest("base64url");
  const agent = c.req.header("user-agent") ?? "";
  await c.env.DB.batch([
    c.env.DB.prepare(INSERT_SESSION).bind(id, person.user_id, hash, agent, now, now, now + WEEK),
    c.env.DB.prepare(DROP_SESSIONS).bind(person.user_id),
  ]);
  const issued = Math.floor(now / 1000);
  const about = { iss: c.env.TOKEN_ISSUER, aud: c.env.TOKEN_AUDIENCE, sub: person.user_id, sid: id, roles: ["user"] };
  const accessToken = await sign({ ...about, iat: issued, nbf: issued, exp: issued + 900 }, keys.pem, "RS256");
  const user = { id: person.user_id, email: await openAddress(person.email_sealed), displayName: person.display_name };
  return { user, accessToken, refreshToken: token, tokenType: "Bearer", expiresIn: 900 };
}

/** PBKDF2 in chained rounds, since a call is capped at 100 000 iterations. */
async function matches(password, stored) {
  const [, iterations, rounds, salt, hash] = /i=(\d+),r=(\d+)\$([\w-]+)\$([\w-]+)/.exec(stored);
  const key = await crypto.subtle.importKey("raw", Buffer.from(password), "PBKDF2", false, ["deriveBits"]);
  const start = Buffer.from(salt, "base64url");
  let state = new Uint8Array();
  for (let round = 0; round < Number(rounds); round++) {
    const algorithm = { name: "PBKDF2", hash: "SHA-256", iterations: Number(iterations), salt: Buffer.concat([start, state]) };
    state = new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256));
  }
  return crypto.timingSafeEqual(state, Buffer.from(hash, "base64url"));
}

async function openAddress(sealed) {
  if (!opened.has(sealed)) {
    const [version, kid, nonce, body] = sealed.split(".");
    const raw = Buffer.from(keys.columns[kid], "base64");
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    const additionalData = Buffer.from(`${version}.${kid}.users.email`);
    const algorithm = { name: "AES-GCM", iv: Buffer.from(nonce, "base64url"), additionalData };
    const plain = await crypto.subtle.decrypt(algorithm, key, Buffer.from(body, "base64url"));
    opened.set(sealed, new TextDecoder().decode(plain));
  }
  return opened.get(sealed);
}

function lookup(email) {
  return crypto.createHmac("sha256", keys.lookup).update(`users.email\0${email}`).digest("base64url");
}

function readKeys(env) {
  const [{ kid, pem }] = JSON.parse(env.JWT_PRIVATE_KEYS);
  const jwk = { ...crypto.createPublicKey(pem).export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };
  return { pem, jwk, columns: JSON.parse(env.COLUMN_KEYS).keys, lookup: Buffer.from(env.LOOKUP_KEY, "base64") };
}

export default app;
