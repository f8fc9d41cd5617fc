-- What the outbox needs to be cleaned, and to know what the bot said once its rows are gone.

-- What was delivered long ago is found by its age; what still refers to a row is looked up before it is removed.
CREATE INDEX outbox_settled ON outbox (created_at, id) WHERE state IN ('sent', 'superseded', 'failed');
CREATE INDEX outbox_channel_from ON outbox (channel_from) WHERE channel_from IS NOT NULL;
CREATE INDEX outbox_after_row ON outbox (after_row) WHERE after_row IS NOT NULL;
CREATE INDEX run_status_row ON run (status_row) WHERE status_row IS NOT NULL;

-- Every webhook that was ever ours: what one of them said was said by an agent, also when the webhook is gone.
CREATE TABLE own_webhook (
    webhook_id bigint PRIMARY KEY,
    made_at    timestamptz NOT NULL DEFAULT now()
);
INSERT INTO own_webhook (webhook_id) SELECT DISTINCT webhook_id FROM channel_webhook;
