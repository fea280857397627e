"""A room's own storage: SQLite, synchronous, private to the object that is the room's single writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.objects import ObjectStore

SCHEMA = """
CREATE TABLE room (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  name TEXT,
  created_at INTEGER NOT NULL,
  closed_at INTEGER
);
CREATE TABLE members (
  user_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  joined_seq INTEGER NOT NULL,
  read_seq INTEGER NOT NULL,
  notified_seq INTEGER NOT NULL,
  muted_until INTEGER,
  left_at INTEGER
) WITHOUT ROWID;
-- `event` is the number of the event that brought the message: resuming from a seq goes on after it.
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY,
  event INTEGER NOT NULL,
  sender TEXT NOT NULL,
  client_id TEXT NOT NULL,
  body TEXT NOT NULL,
  attachments TEXT NOT NULL,
  reply_to INTEGER,
  created_at INTEGER NOT NULL,
  edited_at INTEGER,
  deleted_at INTEGER,
  reactions TEXT NOT NULL DEFAULT '{}',
  UNIQUE (sender, client_id)
);
CREATE TABLE edits (
  seq INTEGER NOT NULL,
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  written_at INTEGER NOT NULL,
  PRIMARY KEY (seq, number)
) WITHOUT ROWID;
-- What happened. A change of a message has no data: it is told with the message's present content.
CREATE TABLE events (event INTEGER PRIMARY KEY, type TEXT NOT NULL, seq INTEGER, data TEXT);
-- Uploads; `seq` is the message that brought them.
CREATE TABLE attachments (
  id TEXT PRIMARY KEY,
  uploader TEXT NOT NULL,
  about TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seq INTEGER
) WITHOUT ROWID;
CREATE INDEX attachments_unsent ON attachments (created_at) WHERE seq IS NULL;
CREATE INDEX attachments_by_message ON attachments (seq) WHERE seq IS NOT NULL;
-- What D1 does not know yet: `m:<seq>` a message, `u:<user>` a member, `r` the room itself.
CREATE TABLE outbox (key TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX outbox_by_version ON outbox (version);
-- Files to delete from the bucket.
CREATE TABLE trash (key TEXT PRIMARY KEY) WITHOUT ROWID;
-- Who gets the room's events, and up to which they have them.
CREATE TABLE shards (name TEXT PRIMARY KEY, cursor INTEGER NOT NULL) WITHOUT ROWID
"""


def is_founded(store: ObjectStore) -> bool:
    """Whether there is a room; asking leaves an empty object empty."""
    return bool(store.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'room'"))


def found(store: ObjectStore) -> None:
    """Lay out the tables of a new room."""
    for statement in SCHEMA.split(";\n"):
        store.rows(statement)
