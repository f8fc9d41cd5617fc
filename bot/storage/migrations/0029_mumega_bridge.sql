-- The bridge to an agent bus: what people said to its agents, what came back, and since when there is a connection.

CREATE TABLE bus_request (
    -- also the id that the agents acknowledge
    id          uuid PRIMARY KEY,
    guild_id    bigint NOT NULL,
    -- the channel or thread in which the answer is said
    channel_id  bigint NOT NULL,
    -- the message that asks and shows how it stands; a message asks once
    message_id  bigint NOT NULL UNIQUE,
    member_id   bigint NOT NULL,
    author      text NOT NULL,
    agent       text NOT NULL,
    body        text NOT NULL,
    context     text NOT NULL DEFAULT '',
    trusted     boolean NOT NULL DEFAULT false,
    urgent      boolean NOT NULL DEFAULT false,
    state       text NOT NULL DEFAULT 'queued'
                CHECK (state IN ('queued', 'sending', 'sent', 'answered', 'failed', 'withdrawn')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- queued: when it is sent; sending: when whoever sends it has lost it
    next_at     timestamptz NOT NULL DEFAULT now(),
    tries       integer NOT NULL DEFAULT 0,
    sent_at     timestamptz,
    answered_at timestamptz,
    -- 1: sent a second time since nothing came back; 2: people were told
    reminded    smallint NOT NULL DEFAULT 0,
    reason      text NOT NULL DEFAULT '',
    -- the mark under the message, and how often it was changed
    shown       text NOT NULL DEFAULT '',
    changes     integer NOT NULL DEFAULT 0
);
CREATE INDEX bus_request_due ON bus_request (next_at) WHERE state IN ('queued', 'sending');
CREATE INDEX bus_request_open ON bus_request (agent, sent_at) WHERE state = 'sent';
CREATE INDEX bus_request_guild ON bus_request (guild_id, created_at DESC);

CREATE TABLE bus_letter (
    -- which bus, as which name
    line        text NOT NULL,
    -- the bus's own id, or the digest of what it says
    letter      text NOT NULL,
    number      bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    source      text NOT NULL,
    body        text NOT NULL,
    said_at     timestamptz,
    received_at timestamptz NOT NULL DEFAULT now(),
    state       text NOT NULL CHECK (state IN ('posted', 'receipt', 'review', 'assigned', 'discarded', 'old', 'own')),
    reason      text NOT NULL DEFAULT '',
    request_id  uuid,
    PRIMARY KEY (line, letter)
);
CREATE INDEX bus_letter_review ON bus_letter (number) WHERE state = 'review';
CREATE INDEX bus_letter_received ON bus_letter (received_at) WHERE body <> '';

CREATE TABLE bus_line (
    name     text PRIMARY KEY,
    -- what stood in the inbox before and names none of our requests is not for us
    since    timestamptz NOT NULL DEFAULT now(),
    -- the outage that people were told of, and which in a row it is
    down     boolean NOT NULL DEFAULT false,
    outages  integer NOT NULL DEFAULT 0
);

-- A server that was left takes what its people said along.
CREATE FUNCTION forget_bus_with_guild() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM bus_request WHERE guild_id = OLD.guild_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_bus_requests AFTER DELETE ON mirror_guild FOR EACH ROW EXECUTE FUNCTION forget_bus_with_guild();
