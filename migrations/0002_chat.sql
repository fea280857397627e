-- Chat as the rooms' objects project it, for lists, search and unread counts; and what notifications need.
-- `version` is the room's event that a row reflects: an older write never undoes a newer one.

CREATE TABLE chat_rooms (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL CHECK (type IN ('direct', 'group')),
  name TEXT,
  last_seq INTEGER NOT NULL,
  last_message TEXT,
  active_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  closed_at INTEGER,
  version INTEGER NOT NULL
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

-- Notifications about one thing (`chat:<room>`) supersede each other while they are unread.
ALTER TABLE notifications ADD COLUMN subject TEXT;
CREATE INDEX notifications_by_subject ON notifications (user_id, subject) WHERE read_at IS NULL;

-- Browsers that take pushes (RFC 8030). `id` is a hash of the endpoint: who signs in there last gets its pushes.
CREATE TABLE push_subscriptions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  subscription_sealed TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX push_subscriptions_by_user ON push_subscriptions (user_id, created_at);

UPDATE schema_version SET version = 2;
