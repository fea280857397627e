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

# A message comes in by one statement, with its event and its entry in the outbox: each costs a crossing from Python.
# Numbers that come from JavaScript are doubles until a column makes integers of them.
_ARRIVING = (
    "CREATE VIEW arriving AS SELECT seq, event, sender, client_id, body, attachments, reply_to, created_at,"
    " 0 AS version FROM messages"
)
_ARRIVAL = (
    "CREATE TRIGGER arrival INSTEAD OF INSERT ON arriving BEGIN"
    " INSERT INTO messages (seq, event, sender, client_id, body, attachments, reply_to, created_at)"
    "  VALUES (new.seq, new.event, new.sender, new.client_id, new.body, new.attachments, new.reply_to,"
    "  new.created_at);"
    " INSERT INTO events (event, type, seq) VALUES (new.event, 'message', new.seq);"
    " INSERT INTO outbox (key, version) VALUES ('m:' || CAST(new.seq AS INTEGER), new.version);"
    " END"
)


def is_founded(store: ObjectStore) -> bool:
    """Whether there is a room; asking leaves an empty object empty."""
    found = store.rows("SELECT name FROM sqlite_master WHERE name IN ('room', 'arrival')")
    if len(found) == 1:  # a room from before messages arrived by one statement
        _let_arrive(store)
    return bool(found)


def found(store: ObjectStore) -> None:
    """Lay out the tables of a new room."""
    for statement in SCHEMA.split(";\n"):
        store.rows(statement)
    _let_arrive(store)


def _let_arrive(store: ObjectStore) -> None:
    store.rows(_ARRIVING)
    store.rows(_ARRIVAL)
