// Providers to sign in through: a real OpenID Connect server (oidc-provider with its own sign-in pages), and
// servers that answer as Naver's and GitHub's do. Prints "ready <origin>" and ends with its standard input.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const CLIENT = { client_id: "studymate", client_secret: "hush" };
const callback = process.argv[2];

const json = (response, status, body) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

const redirect = (response, target, query) => {
  const location = new URL(target);
  for (const [name, value] of Object.entries(query)) location.searchParams.set(name, value);
  response.writeHead(302, { location: location.href }).end();
};

const form = async (request) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  return Object.fromEntries(new URLSearchParams(text));
};

// What Naver and GitHub have in common: codes that work once, for one client, one address and one verifier.
class Codes {
  issued = new Map();
  tokens = new Set();

  authorize(query, response) {
    if (query.client_id !== CLIENT.client_id) return json(response, 404, {});
    const code = randomBytes(9).toString("hex");
    this.issued.set(code, query);
    return redirect(response, query.redirect_uri, { code, state: query.state });
  }

  redeem(sent) {
    const asked = this.issued.get(sent.code);
    this.issued.delete(sent.code);
    const challenge = createHash("sha256").update(sent.code_verifier ?? "").digest("base64url");
    const good = asked && sent.client_id === CLIENT.client_id && sent.client_secret === CLIENT.client_secret
      && sent.redirect_uri === asked.redirect_uri && challenge === asked.code_challenge;
    if (!good) return undefined;
    const token = randomBytes(9).toString("hex");
    this.tokens.add(token);
    return token;
  }

  knows(request) {
    return this.tokens.has(request.headers.authorization?.replace(/^Bearer /, ""));
  }
}

const naver = new Codes();
const github = new Codes();

const routes = {
  "/naver/oauth2.0/authorize": (request, response, query) => naver.authorize(query, response),
  "/naver/oauth2.0/token": async (request, response) => {
    const token = naver.redeem(await form(request));
    const failure = { error: "invalid_request", error_description: "no valid data in session" };
    json(response, 200, token ? { access_token: token, token_type: "bearer", expires_in: "3600" } : failure);
  },
  "/naver-api/v1/nid/me": (request, response) => {
    if (!naver.knows(request)) return json(response, 401, { resultcode: "024", message: "Authentication failed" });
    const profile = { id: "naver-id-1", nickname: "민아", email: "mina@naver.test", name: "김민아" };
    return json(response, 200, { resultcode: "00", message: "success", response: profile });
  },
  "/github/login/oauth/authorize": (request, response, query) => github.authorize(query, response),
  "/github/login/oauth/access_token": async (request, response) => {
    const token = github.redeem(await form(request));
    const body = token ? { access_token: token, scope: "user:email", token_type: "bearer" }
      : { error: "bad_verification_code" };
    if (request.headers.accept === "application/json") return json(response, 200, body);
    return response.end(new URLSearchParams(body).toString());
  },
  "/github-api/user": (request, response) => {
    if (!request.headers["user-agent"]) return json(response, 403, { message: "administrative rules" });
    if (!github.knows(request)) return json(response, 401, { message: "Bad credentials" });
    return json(response, 200, { id: 583231, login: "octomina", name: null, email: null });
  },
  "/github-api/user/emails": (request, response) => {
    if (!github.knows(request)) return json(response, 401, { message: "Bad credentials" });
    return json(response, 200, [
      { email: "old@github.test", primary: false, verified: true, visibility: null },
      { email: "octomina@github.test", primary: true, verified: true, visibility: "private" },
    ]);
  },
};

const server = createServer((request, response) => {
  const url = new URL(request.url, origin);
  const route = routes[url.pathname];
  return route ? route(request, response, Object.fromEntries(url.searchParams)) : oidc(request, response);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

const oidc = new Provider(origin, {
  clients: [{ ...CLIENT, redirect_uris: [callback.replace("{provider}", "google")] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "locale"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id, name: `${id} Kim`, locale: "ko", email: `${id}@example.org`, email_verified: !id.startsWith("un"),
    }),
  }),
}).callback();

process.stdin.on("end", () => process.exit()).resume();
console.log(`ready ${origin}`);
