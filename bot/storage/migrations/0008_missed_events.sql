-- How far each place was heard, and which messages are looked at again after a gap.

-- channel_id 0 is the server itself: from where on its channels without a row are to be read.
CREATE TABLE channel_cursor (
    guild_id   bigint NOT NULL,
    channel_id bigint NOT NULL,
    message_id bigint NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
);
-- Rows that say nothing any more are cleared away by their age.
CREATE INDEX channel_cursor_age ON channel_cursor (message_id) WHERE channel_id <> 0;

-- What was missed is looked up by its ids, and what is too old to be missed is cleared away.
CREATE INDEX handled_event_id ON handled_event (event_id);

-- A message whose state a cog wants to be told again after a gap; told is a digest of the state told last.
CREATE TABLE watched_message (
    cog        text NOT NULL,
    note       text NOT NULL CHECK (length(note) BETWEEN 1 AND 200),
    guild_id   bigint NOT NULL,
    channel_id bigint,
    message_id bigint,
    outbox_row bigint REFERENCES outbox,
    told       text,
    until      timestamptz NOT NULL,
    PRIMARY KEY (guild_id, cog, note),
    CHECK (outbox_row IS NOT NULL OR (channel_id IS NOT NULL AND message_id IS NOT NULL))
);
CREATE INDEX watched_message_until ON watched_message (until);
CREATE INDEX watched_message_row ON watched_message (outbox_row) WHERE outbox_row IS NOT NULL;
