-- Until then (milliseconds) a room is written to live and knows more than its row: lists ask it itself.

ALTER TABLE chat_rooms ADD COLUMN live_until INTEGER NOT NULL DEFAULT 0;

UPDATE schema_version SET version = 4;
