-- The whole schema as it is now; migrations/ lead here, and a test holds the two equal.

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

-- Notifications about one subject (`chat:<room>`) supersede each other while they are unread.
CREATE TABLE notifications (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL DEFAULT '{}',
  read_at INTEGER,
  created_at INTEGER NOT NULL,
  subject TEXT,
  PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;
CREATE INDEX notifications_by_subject ON notifications (user_id, subject) WHERE read_at IS NULL;

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
INSERT INTO schema_version VALUES (4, 1);

-- Chat as the rooms' objects project it, for lists, search and unread counts.
-- `version` is the room's event that a row reflects: an older write never undoes a newer one.
-- Until `live_until` (milliseconds) a room is written to live and knows more than its row: lists ask it itself.

CREATE TABLE chat_rooms (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL CHECK (type IN ('direct', 'group')),
  name TEXT,
  last_seq INTEGER NOT NULL,
  last_message TEXT,
  active_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  closed_at INTEGER,
  version INTEGER NOT NULL,
  live_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_members (
  room_id TEXT NOT NULL REFERENCES chat_rooms (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'member')),
  joined_at INTEGER NOT NULL,
  read_seq INTEGER NOT NULL,
  muted_until INTEGER,
  left_at INTEGER,
  version INTEGER NOT NULL,
  PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_members_by_user ON chat_members (user_id, left_at);

CREATE TABLE chat_messages (
  id INTEGER PRIMARY KEY,
  room_id TEXT NOT NULL REFERENCES chat_rooms (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  sender_id TEXT NOT NULL REFERENCES users (id),
  message TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX chat_messages_by_seq ON chat_messages (room_id, seq);
CREATE INDEX chat_messages_unread ON chat_messages (room_id, seq, sender_id, deleted_at);
CREATE INDEX chat_messages_by_sender ON chat_messages (sender_id);

-- Words as they are searched for (CJK text as overlapping pairs) and the room, so that a search stays within rooms.
CREATE VIRTUAL TABLE chat_search USING fts5 (room, words, tokenize = 'unicode61 remove_diacritics 2');


-- Browsers that take pushes (RFC 8030). `id` is a hash of the endpoint: who signs in there last gets its pushes.
CREATE TABLE push_subscriptions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  subscription_sealed TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX push_subscriptions_by_user ON push_subscriptions (user_id, created_at);

-- Level tests as their owners list them. A running test lives in its TestSession object; a finished one's report is here.

CREATE TABLE level_tests (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'scoring', 'complete', 'abandoned')),
  overall_level TEXT,
  report TEXT,
  asked TEXT NOT NULL DEFAULT '[]',
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX level_tests_by_user ON level_tests (user_id, started_at, id);
