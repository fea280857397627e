-- Accounts: people, how they sign in, their devices, and what they are to each other.
-- Times are milliseconds since the epoch. Columns named *_sealed hold AES-GCM text (key id inside);
-- *_lookup holds a keyed hash of the same value for equality search.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email_sealed TEXT,
  email_lookup TEXT UNIQUE,
  email_verified_at INTEGER,
  password_hash TEXT,
  display_name TEXT NOT NULL,
  english_name TEXT,
  bio TEXT NOT NULL DEFAULT '',
  native_language TEXT,
  birth_date_sealed TEXT,
  phone_sealed TEXT,
  image_key TEXT,
  time_zone TEXT NOT NULL DEFAULT 'UTC',
  locale TEXT NOT NULL DEFAULT 'en',
  settings TEXT NOT NULL DEFAULT '{}',
  agreements TEXT NOT NULL DEFAULT '{}',
  onboarding_completed_at INTEGER,
  suspended_at INTEGER,
  deleted_at INTEGER,
  erased_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Deleted accounts of which something may be left outside the database.
CREATE INDEX users_to_erase ON users (deleted_at) WHERE deleted_at IS NOT NULL AND erased_at IS NULL;

CREATE TABLE user_roles (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('moderator', 'admin')),
  granted_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, role)
) STRICT, WITHOUT ROWID;

-- People as the account services read them.
CREATE VIEW people AS
SELECT
  u.id AS user_id, u.email_sealed, u.email_lookup, u.email_verified_at, u.password_hash, u.display_name, u.locale,
  u.suspended_at, u.created_at AS joined_at,
  (SELECT group_concat(role) FROM user_roles r WHERE r.user_id = u.id) AS roles
FROM users u
WHERE u.deleted_at IS NULL;

CREATE TABLE user_languages (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  level TEXT CHECK (level IN ('A1', 'A2', 'B1', 'B2', 'C1', 'C2')),
  position INTEGER NOT NULL,
  PRIMARY KEY (user_id, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
  provider TEXT NOT NULL,
  subject_lookup TEXT NOT NULL,
  subject_sealed TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (provider, subject_lookup)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user_id);

-- A device session is a family of refresh tokens of which one is current.
CREATE TABLE device_sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  user_agent TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  revoked_why TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX device_sessions_by_user ON device_sessions (user_id, used_at);
CREATE INDEX device_sessions_by_expiry ON device_sessions (expires_at);

-- Refresh tokens that were rotated away, kept to recognise their reuse.
CREATE TABLE spent_refresh_tokens (
  token_hash TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES device_sessions (id) ON DELETE CASCADE,
  spent_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_refresh_tokens_by_session ON spent_refresh_tokens (session_id);
CREATE INDEX spent_refresh_tokens_by_expiry ON spent_refresh_tokens (expires_at);

-- Single-use secrets that travel by mail or URL: e-mail verification, password reset, tickets, OAuth state.
CREATE TABLE one_time_tokens (
  token_hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  payload TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_tokens_by_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

-- Mail that waits for the provider, written with what it tells of; in development it stays here to be read.
CREATE TABLE outbox_mail (
  id TEXT PRIMARY KEY,
  recipient_sealed TEXT NOT NULL,
  subject TEXT NOT NULL,
  body_sealed TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_mail_by_attempt ON outbox_mail (next_attempt_at);

CREATE TABLE blocks (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  blocked_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, blocked_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

CREATE TABLE reports (
  id TEXT PRIMARY KEY,
  reporter_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  subject_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'open',
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_by_status ON reports (status, created_at);
CREATE INDEX reports_by_reporter ON reports (reporter_id, created_at);

-- What happened in a person's learning, for statistics, badges and the history time line.
CREATE TABLE activity (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  seconds INTEGER NOT NULL DEFAULT 0,
  data TEXT NOT NULL DEFAULT '{}',
  at INTEGER NOT NULL,
  PRIMARY KEY (user_id, at, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL DEFAULT '{}',
  read_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;

CREATE TABLE idempotency_keys (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  status INTEGER,
  reply_sealed TEXT,
  started_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

CREATE TABLE schema_version (
  version INTEGER NOT NULL,
  compatible_from INTEGER NOT NULL
) STRICT;
INSERT INTO schema_version VALUES (1, 1);
