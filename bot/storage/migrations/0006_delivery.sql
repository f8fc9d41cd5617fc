-- What the outbox needs to be fair, to say more kinds of things, and to remember where the bot is not let in.

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN (
    'post', 'edit', 'delete', 'thread', 'private_thread', 'forum_post', 'thread_edit', 'react', 'unreact', 'pin',
    'unpin', 'follow_up'));
-- 1 question, 2 result, 3 progress: who goes first where not all can.
ALTER TABLE outbox ADD COLUMN urgency smallint NOT NULL DEFAULT 2 CHECK (urgency BETWEEN 1 AND 3);
-- Whose turn it is goes round by guild; NULL where the guild is not known.
ALTER TABLE outbox ADD COLUMN guild_id bigint;
-- Order is kept within a lane of a channel: what is said, its edits, and marks that may be late without harm.
ALTER TABLE outbox ADD COLUMN lane smallint GENERATED ALWAYS AS (
    CASE WHEN kind = 'edit' THEN 1
         WHEN kind IN ('thread_edit', 'react', 'unreact', 'pin', 'unpin') THEN 2
         ELSE 0 END) STORED;
-- What a newer row of the same subject makes needless, while nobody has seen it.
ALTER TABLE outbox ADD COLUMN subject text;
-- The webhook that said it, through which alone it can be changed.
ALTER TABLE outbox ADD COLUMN via bigint;

DROP INDEX outbox_queue;
CREATE INDEX outbox_queue ON outbox (channel_id, lane, id) WHERE state IN ('pending', 'sending');
-- A question behind progress lends it its urgency.
CREATE INDEX outbox_urgent ON outbox (channel_id, lane, urgency) WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_subject ON outbox (channel_id, subject) WHERE state = 'pending' AND subject IS NOT NULL;
DROP INDEX outbox_said;
CREATE INDEX outbox_said ON outbox (channel_id, kind, message_id) WHERE message_id IS NOT NULL;

CREATE TABLE outbox_file (
    row_id   bigint NOT NULL REFERENCES outbox ON DELETE CASCADE,
    position smallint NOT NULL CHECK (position BETWEEN 0 AND 9),
    name     text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    alt      text NOT NULL CHECK (length(alt) <= 1024),
    content  bytea NOT NULL,
    PRIMARY KEY (row_id, position)
);

-- What a channel is, as Discord has said once: its guild and, of a thread, the channel it belongs to.
CREATE TABLE channel_home (
    channel_id bigint PRIMARY KEY,
    guild_id   bigint,
    parent_id  bigint,
    kind       smallint NOT NULL
);

-- Where Discord has refused something for want of a permission, and until when it is not asked again.
CREATE TABLE refused_channel (
    channel_id bigint NOT NULL,
    what       text NOT NULL,
    code       integer NOT NULL,
    reason     text NOT NULL,
    times      integer NOT NULL DEFAULT 1,
    since      timestamptz NOT NULL DEFAULT now(),
    until      timestamptz NOT NULL,
    PRIMARY KEY (channel_id, what)
);

-- Agents share a few webhooks a channel.
ALTER TABLE channel_webhook ADD COLUMN slot smallint NOT NULL DEFAULT 0 CHECK (slot BETWEEN 0 AND 14);
ALTER TABLE channel_webhook DROP CONSTRAINT channel_webhook_pkey;
ALTER TABLE channel_webhook ADD PRIMARY KEY (channel_id, slot);
-- Where other people's webhooks leave too few, two slots share one.
ALTER TABLE channel_webhook DROP CONSTRAINT channel_webhook_webhook_id_key;
CREATE INDEX channel_webhook_id ON channel_webhook (webhook_id);
